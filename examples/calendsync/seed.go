package main

import (
	"slices"
	"time"
)

// seed returns the month of now as people have them, for a first look. The days
// are in the first four weeks, which every month has.
func seed(now time.Time) []entry {
	m := monthOf(now)
	entries := []entry{{ID: newID(), Title: "Look around here", Date: now.Format(dateLayout), Kind: "home"}}
	for _, s := range []struct {
		day               int
		time, title, kind string
	}{
		{2, "09:30", "Sprint planning", "work"},
		{3, "18:30", "Climbing with Noor", "friends"},
		{5, "", "Rent is due", "home"},
		{6, "12:15", "Lunch with Priya", "friends"},
		{9, "08:05", "Train to Leipzig", "travel"},
		{9, "14:00", "Design review", "work"},
		{12, "16:45", "Dentist", "home"},
		{14, "20:00", "Concert: Hania Rani", "friends"},
		{17, "10:00", "One-to-one with Ada", "work"},
		{19, "", "Dad’s birthday", "home"},
		{22, "07:40", "Flight to Lisbon", "travel"},
		{24, "11:00", "Demo day", "work"},
		{27, "19:00", "Board games at Jun’s", "friends"},
	} {
		entries = append(entries, entry{ID: newID(), Title: s.title, Date: m.day(s.day), Time: s.time, Kind: s.kind})
	}
	slices.SortFunc(entries, inOrder)
	return entries
}
