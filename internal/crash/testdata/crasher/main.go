// Command crasher ends in the way its argument names. Tests find the failing
// line by its comment.
package main

import (
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"syscall"
)

type entry struct{ days map[string]int }

type refusal struct{ code int }

func (r *refusal) Error() string { return fmt.Sprintf("refused\nwith code %d", r.code) }

var ends = map[string]func(){
	"nil map":   func() { new(entry).add("monday") },
	"index":     func() { days := []int{1, 2, 3}; fmt.Println(days[len(os.Args)+9]) }, // fails: index
	"nil":       func() { var e *entry; fmt.Println(e.days) },                         // fails: nil
	"error":     func() { panic(&refusal{7}) },                                        // fails: error
	"value":     func() { panic(entry{}) },                                            // fails: value
	"goroutine": inGoroutine,
	"repanic":   repanic,
	"replaced":  replaced,
	"callback": func() {
		slices.SortFunc([]int{1, 2}, func(a, b int) int { panic("no order") }) // fails: callback
	},
	"handler":  inHandler,
	"unlock":   func() { new(sync.Mutex).Unlock() }, // fails: unlock
	"overflow": func() { debug.SetMaxStack(1 << 16); overflow(1) },
	"fatal":    func() { log.SetFlags(log.LstdFlags | log.Llongfile); log.Fatal("no database") }, // fails: fatal
	"exit":     func() { fmt.Println("goodbye"); os.Exit(1) },
	"killed":   func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL); select {} },
}

func main() { ends[os.Args[1]]() }

func (e *entry) add(day string) {
	e.days[day] = 1 // fails: nil map
}

func inGoroutine() {
	done := make(chan bool)
	go func() {
		panic(errors.New("in the background")) // fails: goroutine
	}()
	<-done
}

func repanic() {
	defer func() {
		panic(recover())
	}()
	panic("again and again") // fails: repanic
}

func replaced() {
	defer func() {
		_ = recover()
		panic("second") // fails: replaced
	}()
	panic("first")
}

func overflow(n int) int { // fails: overflow
	return overflow(n+1) + n
}

// inHandler panics where net/http recovers, then where nobody does.
func inHandler() {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic("survived")
	}))
	_, _ = http.Get(server.URL)
	server.Close()
	panic("in the end") // fails: handler
}
