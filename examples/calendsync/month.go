package main

import (
	"fmt"
	"time"
)

const (
	dateLayout  = "2006-01-02"
	monthLayout = "2006-01"
	timeLayout  = "15:04"
)

// month is a month of a year, at midnight UTC of its first day: dates here are
// days of a calendar, not moments, and UTC has no hours that are left out.
type month struct{ first time.Time }

func monthOf(t time.Time) month {
	return month{time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)}
}

func parseMonth(s string) (month, error) {
	t, err := time.Parse(monthLayout, s)
	if err != nil {
		return month{}, fmt.Errorf("%q is not a month such as 2006-01", s)
	}
	return month{t}, nil
}

func (m month) String() string { return m.first.Format(monthLayout) }
func (m month) Name() string   { return m.first.Format("January 2006") }
func (m month) Next() month    { return month{m.first.AddDate(0, 1, 0)} }
func (m month) Prev() month    { return month{m.first.AddDate(0, -1, 0)} }

// days is how many the month has.
func (m month) days() int { return m.Next().first.AddDate(0, 0, -1).Day() }

// day returns day n as entries write dates.
func (m month) day(n int) string { return m.first.AddDate(0, 0, n-1).Format(dateLayout) }

// has reports whether an entry's date is in the month.
func (m month) has(date string) bool {
	return len(date) == len(dateLayout) && date[:len(monthLayout)] == m.String()
}

// weeks returns the days from the Monday before the month to the Sunday after.
func (m month) weeks() [][7]time.Time {
	sinceMonday := (int(m.first.Weekday()) + 6) % 7
	day := m.first.AddDate(0, 0, -sinceMonday)
	var weeks [][7]time.Time
	for day.Before(m.Next().first) {
		var week [7]time.Time
		for i := range week {
			week[i] = day
			day = day.AddDate(0, 0, 1)
		}
		weeks = append(weeks, week)
	}
	return weeks
}
