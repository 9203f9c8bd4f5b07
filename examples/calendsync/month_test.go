package main

import (
	"testing"
	"time"
)

func TestWeeks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		month, first, last string
		weeks, days        int
	}{
		{"2021-02", "2021-02-01", "2021-02-28", 4, 28}, // fits exactly
		{"2024-02", "2024-01-29", "2024-03-03", 5, 29}, // leap year
		{"2026-03", "2026-02-23", "2026-04-05", 6, 31}, // a Sunday first
		{"2026-10", "2026-09-28", "2026-11-01", 5, 31}, // clocks go back
		{"2026-12", "2026-11-30", "2027-01-03", 5, 31}, // over the year's end
	} {
		m, err := parseMonth(tt.month)
		if err != nil {
			t.Fatal(err)
		}
		weeks := m.weeks()
		first, last := weeks[0][0].Format(dateLayout), weeks[len(weeks)-1][6].Format(dateLayout)
		if first != tt.first || last != tt.last || len(weeks) != tt.weeks || m.days() != tt.days {
			t.Errorf("%s: %s to %s, %d weeks, %d days; want %s to %s, %d, %d",
				m, first, last, len(weeks), m.days(), tt.first, tt.last, tt.weeks, tt.days)
		}
		day := weeks[0][0]
		for _, week := range weeks {
			for _, got := range week {
				if !got.Equal(day) {
					t.Errorf("%s: %v follows where %v should", m, got, day)
				}
				day = day.AddDate(0, 0, 1)
			}
		}
	}
}

func TestMonth(t *testing.T) {
	t.Parallel()
	m := monthOf(time.Date(2026, 1, 31, 23, 59, 0, 0, time.FixedZone("east", 5*3600)))
	if m.String() != "2026-01" || m.Name() != "January 2026" || m.Prev().String() != "2025-12" || m.Next().String() != "2026-02" {
		t.Errorf("%s (%s) between %s and %s", m, m.Name(), m.Prev(), m.Next())
	}
	for date, want := range map[string]bool{"2026-01-01": true, "2026-01-31": true, "2026-02-01": false, "": false, "2026-01": false} {
		if m.has(date) != want {
			t.Errorf("%s has %q = %v", m, date, !want)
		}
	}
	for _, bad := range []string{"", "2026", "2026-13", "2026-1", "26-01", "2026-01-01"} {
		if m, err := parseMonth(bad); err == nil {
			t.Errorf("parseMonth(%q) = %s", bad, m)
		}
	}
}

// TestSeed fits every month, the shortest too.
func TestSeed(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC)
	entries, ids := seed(now), map[string]bool{}
	for i, e := range entries {
		if kept, err := e.tidy(); err != nil || kept != e {
			t.Errorf("%+v: %v", e, err)
		}
		if !monthOf(now).has(e.Date) || ids[e.ID] || i > 0 && inOrder(entries[i-1], e) >= 0 {
			t.Errorf("%+v is of another month, twice there, or out of order", e)
		}
		ids[e.ID] = true
	}
	if len(entries) < 12 {
		t.Errorf("%d entries", len(entries))
	}
}
