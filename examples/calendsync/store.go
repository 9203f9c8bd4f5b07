package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// document is the content of the data file.
type document struct {
	Revision int     `json:"revision"` // grows with every change to the entries
	Entries  []entry `json:"entries"`  // in order
	Run      runInfo `json:"run"`
}

// find returns the index of an entry.
func (d *document) find(id string) (int, error) {
	i := slices.IndexFunc(d.Entries, func(e entry) bool { return e.ID == id })
	if i < 0 {
		return 0, errNotFound
	}
	return i, nil
}

// in returns the entries of a month.
func (d *document) in(m month) []entry {
	found := []entry{}
	for _, e := range d.Entries {
		if m.has(e.Date) {
			found = append(found, e)
		}
	}
	return found
}

// store keeps the entries in a file. The file is read for each use instead of
// being held in memory: while one process replaces another, both may live for
// a moment, and what the old one was last told must be seen by the new one.
type store struct {
	path    string
	changes signals // raised after each change of entries
	mu      sync.Mutex
}

// openStore makes the file, with entries for the month of now, if it is not there.
func openStore(path string, now time.Time) (*store, error) {
	s := &store{path: path}
	_, err := s.read()
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(path), 0o700); err == nil {
			err = s.write(&document{Revision: 1, Entries: seed(now)})
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open the entries: %w", err)
	}
	return s, nil
}

// read returns the document as it is now.
func (s *store) read() (*document, error) {
	data, err := os.ReadFile(s.path)
	if err != nil {
		return nil, err
	}
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, fmt.Errorf("%s: %w; fix or remove it, or choose another file with -data", s.path, err)
	}
	return &d, nil
}

// write replaces the file in one step, so that nobody reads half of it.
func (s *store) write(d *document) error {
	data, err := json.MarshalIndent(d, "", "\t")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(s.path), filepath.Base(s.path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(append(data, '\n'))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), s.path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// update reads, changes and writes the document.
func (s *store) update(change func(*document) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.read()
	if err != nil {
		return err
	}
	if err := change(d); err != nil {
		return err
	}
	return s.write(d)
}

// edit is an update of the entries.
func (s *store) edit(change func(*document) error) error {
	err := s.update(func(d *document) error {
		if err := change(d); err != nil {
			return err
		}
		slices.SortFunc(d.Entries, inOrder)
		d.Revision++
		return nil
	})
	if err == nil {
		s.changes.raise()
	}
	return err
}

// add keeps a new entry, whatever its ID, and returns it as kept.
func (s *store) add(e entry) (entry, error) {
	e, err := e.tidy()
	if err != nil {
		return entry{}, err
	}
	e.ID = newID()
	return e, s.edit(func(d *document) error {
		d.Entries = append(d.Entries, e)
		return nil
	})
}

// change applies p and returns the entry as it is then.
func (s *store) change(id string, p patch) (entry, error) {
	var changed entry
	err := s.edit(func(d *document) error {
		i, err := d.find(id)
		if err != nil {
			return err
		}
		changed, err = p.apply(d.Entries[i]).tidy()
		d.Entries[i] = changed
		return err
	})
	return changed, err
}

func (s *store) remove(id string) error {
	return s.edit(func(d *document) error {
		i, err := d.find(id)
		if err != nil {
			return err
		}
		d.Entries = slices.Delete(d.Entries, i, i+1)
		return nil
	})
}

func newID() string { return strings.ToLower(rand.Text()[:10]) }
