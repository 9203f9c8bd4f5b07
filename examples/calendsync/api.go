package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
)

const maxBody = 64 << 10 // bytes

// listEntries answers GET /api/entries?month=2006-01; without a month, all.
func (a *app) listEntries(w http.ResponseWriter, r *http.Request) {
	d, err := a.store.read()
	if err != nil {
		fail(w, err)
		return
	}
	if wanted := r.FormValue("month"); wanted != "" {
		m, err := parseMonth(wanted)
		if err != nil {
			fail(w, &invalidError{err.Error()})
			return
		}
		d.Entries = d.in(m)
	}
	reply(w, http.StatusOK, map[string]any{"revision": d.Revision, "entries": d.Entries})
}

func (a *app) readEntry(w http.ResponseWriter, r *http.Request) {
	d, err := a.store.read()
	if err != nil {
		fail(w, err)
		return
	}
	i, err := d.find(r.PathValue("id"))
	if err != nil {
		fail(w, err)
		return
	}
	reply(w, http.StatusOK, d.Entries[i])
}

func (a *app) createEntry(w http.ResponseWriter, r *http.Request) {
	var e entry
	if err := decode(w, r, &e); err != nil {
		fail(w, err)
		return
	}
	e, err := a.store.add(e)
	if err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Location", "/api/entries/"+e.ID)
	reply(w, http.StatusCreated, e)
}

func (a *app) changeEntry(w http.ResponseWriter, r *http.Request) {
	var p patch
	if err := decode(w, r, &p); err != nil {
		fail(w, err)
		return
	}
	e, err := a.store.change(r.PathValue("id"), p)
	if err != nil {
		fail(w, err)
		return
	}
	reply(w, http.StatusOK, e)
}

func (a *app) deleteEntry(w http.ResponseWriter, r *http.Request) {
	if err := a.store.remove(r.PathValue("id")); err != nil {
		fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// decode reads one JSON value, and nothing else.
func decode(w http.ResponseWriter, r *http.Request, into any) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, err = d.Token(); err == io.EOF {
			return nil
		}
		err = errors.New("more than one value")
	}
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		return err
	}
	return &invalidError{fmt.Sprintf("not the JSON of an entry: %v", err)}
}

func reply(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(value); err != nil {
		log.Printf("reply: %v", err) // the client left
	}
}

// fail answers with what went wrong, if that is for the client to know.
func fail(w http.ResponseWriter, err error) {
	status := statusOf(err)
	text := err.Error()
	if status == http.StatusInternalServerError {
		log.Print(err)
		text = "the entries could not be read or written"
	}
	reply(w, status, map[string]string{"error": text})
}

func statusOf(err error) int {
	var invalid *invalidError
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &invalid):
		return http.StatusUnprocessableEntity
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errNotFound):
		return http.StatusNotFound
	default:
		return http.StatusInternalServerError
	}
}
