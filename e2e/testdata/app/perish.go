package main

import (
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
)

// perish ends the app in the way it is asked to. A goroutine of its own, or
// net/http would survive the panics.
func perish(w http.ResponseWriter, r *http.Request) {
	var days map[string]int
	var week []int
	ways := map[string]func(){
		"nil map": func() { days["monday"] = 1 },                                       // dies: nil map
		"index":   func() { week[3]++ },                                                // dies: index
		"error":   func() { panic(fmt.Errorf("load: %w", errors.New("no such day"))) }, // dies: error
		"goroutine": func() {
			done := make(chan bool)
			go func() { panic("in the background") }() // dies: goroutine
			<-done
		},
		"repanic": func() {
			defer func() { panic(recover()) }()
			panic("again") // dies: repanic
		},
		"fatal": func() { log.Fatal("no database") },
		"exit":  func() { os.Exit(1) },
	}
	go ways[r.FormValue("how")]()
	<-r.Context().Done()
}
