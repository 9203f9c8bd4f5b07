package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var june = time.Date(2026, 6, 15, 9, 0, 0, 0, time.UTC)

func testStore(t *testing.T) *store {
	t.Helper()
	s, err := openStore(filepath.Join(t.TempDir(), "below", "data.json"), june)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func read(t *testing.T, s *store) *document {
	t.Helper()
	d, err := s.read()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestStoreOutlivesItsProcess opens the same file again, as the next process does.
func TestStoreOutlivesItsProcess(t *testing.T) {
	t.Parallel()
	old := testStore(t)
	next, err := openStore(old.path, june.AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := old.add(entry{Title: "  Tea   with\tAda ", Date: "2026-06-30", Time: "16:00"})
	if err != nil {
		t.Fatal(err)
	}
	d := read(t, next) // what the old one is told late is seen, too
	i, err := d.find(kept.ID)
	if err != nil || d.Entries[i] != kept || kept.Title != "Tea with Ada" || kept.Kind != "work" {
		t.Fatalf("got %+v, %v", kept, err)
	}
	if d.Revision != 2 {
		t.Errorf("revision %d after one change", d.Revision)
	}
	title, day := "Tea with Bo", "2026-06-01"
	if _, err := next.change(kept.ID, patch{Title: &title, Date: &day}); err != nil {
		t.Fatal(err)
	}
	if err := old.remove(kept.ID); err != nil {
		t.Fatal(err)
	}
	if err := next.remove(kept.ID); !errors.Is(err, errNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	if got := len(read(t, old).Entries); got != len(seed(june)) {
		t.Errorf("%d entries left", got)
	}
}

// TestStoreRefuses leaves the file as it was.
func TestStoreRefuses(t *testing.T) {
	t.Parallel()
	s := testStore(t)
	before, _ := os.ReadFile(s.path)
	id := read(t, s).Entries[0].ID
	good := entry{Title: "Tea", Date: "2026-06-30"}
	for name, change := range map[string]func(*entry){
		"no title":     func(e *entry) { e.Title = " \n" },
		"long title":   func(e *entry) { e.Title = strings.Repeat("ä", maxTitle+1) },
		"no date":      func(e *entry) { e.Date = "" },
		"no such date": func(e *entry) { e.Date = "2026-02-30" },
		"no such time": func(e *entry) { e.Time = "24:00" },
		"no such kind": func(e *entry) { e.Kind = "fun" },
	} {
		e := good
		change(&e)
		var invalid *invalidError
		if _, err := s.add(e); !errors.As(err, &invalid) {
			t.Errorf("%s: add: %v", name, err)
		}
		if _, err := s.change(id, patch{&e.Title, &e.Date, &e.Time, &e.Kind}); !errors.As(err, &invalid) {
			t.Errorf("%s: change: %v", name, err)
		}
	}
	if after, _ := os.ReadFile(s.path); string(after) != string(before) {
		t.Errorf("the file changed:\n%s", after)
	}
}

func TestStoreAtOnce(t *testing.T) {
	t.Parallel()
	s := testStore(t)
	const writers = 20
	var all sync.WaitGroup
	for n := range writers {
		all.Go(func() {
			if _, err := s.add(entry{Title: fmt.Sprint("Tea ", n), Date: "2026-07-01"}); err != nil {
				t.Error(err)
			}
			read(t, s) // never half a file
		})
	}
	all.Wait()
	if got := len(read(t, s).in(monthOf(june).Next())); got != writers {
		t.Errorf("%d of %d entries kept", got, writers)
	}
	if left, _ := filepath.Glob(s.path + ".*"); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestOpenBrokenFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data.json")
	if err := os.WriteFile(path, []byte(`{"entries": [`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := openStore(path, june)
	if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "-data") {
		t.Errorf("error %v does not say what to do", err)
	}
	if data, _ := os.ReadFile(path); string(data) != `{"entries": [` {
		t.Errorf("the file was overwritten: %s", data)
	}
}
