package main

import (
	"bytes"
	"fmt"
	"log"
	"net/http"
	"time"
)

// edit me: greeting
const greeting = "Good to see you. Here is your month."

// summary is the line below the greeting.
func summary(entries []entry, today string) string {
	// edit me: mistake
	// return len(entries)
	now := 0
	for _, e := range entries {
		if e.Date == today {
			now++
		}
	}
	return fmt.Sprintf("%s this month, %d today", count(len(entries), "entry", "entries"), now)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// page is what the templates are given.
type page struct {
	Greeting, Summary string
	Month             month
	Today             string
	Revision          int
	Weeks             [][7]cell
	Quick             string // the date that the short form begins with
	Form              *form  // nil: the dialog is closed
	Kinds             []string
	Bundles           *bundles
	Strip             *strip // nil: not shown
}

// cell is a day of the grid.
type cell struct {
	Date    string
	Name    string // such as Monday, 2 January
	Weekday string
	Number  int
	Outside bool // of another month
	Today   bool
	Entries []entry
}

// form is the open dialog: an entry, new if it has no ID, and what is wrong with it.
type form struct {
	entry
	Problem string
}

func (a *app) thisMonth(w http.ResponseWriter, r *http.Request) {
	a.show(w, r, monthOf(time.Now()))
}

func (a *app) month(w http.ResponseWriter, r *http.Request) {
	m, err := parseMonth(r.PathValue("month"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	a.show(w, r, m)
}

// show answers with a month and the dialog that the query asks for: ?entry=ID
// or ?day=DATE. It is in the URL to survive a reload, and to need no script.
func (a *app) show(w http.ResponseWriter, r *http.Request, m month) {
	d, err := a.store.read()
	if err != nil {
		oops(w, err)
		return
	}
	var f *form
	if i, err := d.find(r.FormValue("entry")); err == nil {
		f = &form{entry: d.Entries[i]}
	} else if day, err := time.Parse(dateLayout, r.FormValue("day")); err == nil {
		f = &form{entry: entry{Date: day.Format(dateLayout)}}
	}
	a.render(w, http.StatusOK, "page.html", a.page(d, m, f, time.Now()))
}

// grid answers with the month alone, for tabs that heard of a change.
func (a *app) grid(w http.ResponseWriter, r *http.Request) {
	m, err := parseMonth(r.PathValue("month"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	d, err := a.store.read()
	if err != nil {
		oops(w, err)
		return
	}
	a.render(w, http.StatusOK, "grid.html", a.page(d, m, nil, time.Now()))
}

// postEntry takes the forms of browsers without scripts.
func (a *app) postEntry(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	value := func(name string) *string { v := r.PostFormValue(name); return &v }
	p := patch{Title: value("title"), Date: value("date"), Time: value("time"), Kind: value("kind")}
	wanted := p.apply(entry{ID: r.PathValue("id")})
	var err error
	switch {
	case wanted.ID == "":
		_, err = a.store.add(wanted)
	case r.PostFormValue("action") == "delete":
		err = a.store.remove(wanted.ID)
	default:
		_, err = a.store.change(wanted.ID, p)
	}
	day, dateErr := time.Parse(dateLayout, wanted.Date)
	if dateErr != nil {
		day = time.Now()
	}
	if err == nil {
		http.Redirect(w, r, "/month/"+monthOf(day).String(), http.StatusSeeOther)
		return
	}
	d, readErr := a.store.read()
	if status := statusOf(err); readErr == nil && status < 500 {
		a.render(w, status, "page.html", a.page(d, monthOf(day), &form{wanted, err.Error()}, time.Now()))
		return
	}
	oops(w, err)
}

// page puts together what the templates show of a month.
func (a *app) page(d *document, m month, f *form, now time.Time) *page {
	today := now.Format(dateLayout)
	p := &page{
		Greeting: greeting, Summary: summary(d.in(m), today),
		Month: m, Today: today, Revision: d.Revision, Quick: today,
		Weeks: cells(m, d.Entries, today),
		Form:  f, Kinds: kinds[:], Bundles: a.bundles,
	}
	if !m.has(today) {
		p.Quick = m.day(1)
	}
	if a.dev {
		p.Strip = a.strip(now)
	}
	return p
}

func cells(m month, entries []entry, today string) [][7]cell {
	byDate := map[string][]entry{}
	for _, e := range entries {
		byDate[e.Date] = append(byDate[e.Date], e)
	}
	var rows [][7]cell
	for _, week := range m.weeks() {
		var row [7]cell
		for i, day := range week {
			date := day.Format(dateLayout)
			row[i] = cell{
				Date: date, Name: day.Format("Monday, 2 January"), Weekday: day.Weekday().String(), Number: day.Day(),
				Outside: monthOf(day) != m, Today: date == today, Entries: byDate[date],
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// render answers with a whole page or with an error, never with half a page.
func (a *app) render(w http.ResponseWriter, status int, name string, p *page) {
	var out bytes.Buffer
	if err := a.pages.ExecuteTemplate(&out, name, p); err != nil {
		oops(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	w.WriteHeader(status)
	w.Write(out.Bytes())
}

func oops(w http.ResponseWriter, err error) {
	log.Print(err)
	http.Error(w, "The calendar cannot be shown; the log tells why.", http.StatusInternalServerError)
}
