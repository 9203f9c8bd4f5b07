package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const maxTitle = 120 // characters

// kinds are what entries are about, and classes in the style sheet.
var kinds = [...]string{"work", "home", "friends", "travel"}

// entry is a line in the calendar.
type entry struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Date  string `json:"date"`           // 2006-01-02
	Time  string `json:"time,omitempty"` // 15:04; empty: the whole day
	Kind  string `json:"kind"`           // one of kinds
}

// patch is a change to an entry; what is nil stays.
type patch struct {
	Title *string `json:"title"`
	Date  *string `json:"date"`
	Time  *string `json:"time"`
	Kind  *string `json:"kind"`
}

func (p patch) apply(e entry) entry {
	for _, f := range []struct{ to, from *string }{
		{&e.Title, p.Title}, {&e.Date, p.Date}, {&e.Time, p.Time}, {&e.Kind, p.Kind},
	} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	return e
}

// invalidError tells people what is wrong with what they wrote.
type invalidError struct{ text string }

func (e *invalidError) Error() string { return e.text }

var errNotFound = errors.New("there is no such entry; somebody may have deleted it")

// tidy returns the entry as it is kept, or an [*invalidError].
func (e entry) tidy() (entry, error) {
	e.Title = strings.Join(strings.Fields(e.Title), " ")
	e.Kind = cmp.Or(e.Kind, kinds[0])
	switch n := utf8.RuneCountInString(e.Title); {
	case n == 0:
		return e, &invalidError{"an entry needs a title"}
	case n > maxTitle:
		return e, &invalidError{fmt.Sprintf("a title may have %d characters; this one has %d", maxTitle, n)}
	}
	if _, err := time.Parse(dateLayout, e.Date); err != nil {
		return e, &invalidError{fmt.Sprintf("%q is not a date such as 2006-01-02", e.Date)}
	}
	if _, err := time.Parse(timeLayout, e.Time); e.Time != "" && err != nil {
		return e, &invalidError{fmt.Sprintf("%q is not a time such as 15:04", e.Time)}
	}
	if !slices.Contains(kinds[:], e.Kind) {
		return e, &invalidError{fmt.Sprintf("%q is not a kind: %s", e.Kind, strings.Join(kinds[:], ", "))}
	}
	return e, nil
}

// inOrder sorts entries by day, those of the whole day first.
func inOrder(a, b entry) int {
	return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Time, b.Time), cmp.Compare(a.Title, b.Title), cmp.Compare(a.ID, b.ID))
}
