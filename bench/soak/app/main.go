// Command soaked is an app that notes what it was asked to do. It makes no
// effort to stop gracefully.
package main

import (
	"cmp"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

func main() {
	switch habit {
	case "exit":
		log.Fatal("this version does not start")
	case "deaf":
		signal.Ignore(syscall.SIGTERM)
	case "slow":
		time.Sleep(150 * time.Millisecond)
	}
	ledger, err := os.OpenFile(os.Getenv("LEDGER"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		log.Fatal(err)
	}
	a := &app{ledger: ledger, public: os.Getenv("PUBLIC_URL")}
	srv := &http.Server{
		Addr:        "127.0.0.1:" + cmp.Or(os.Getenv("PORT"), "8080"),
		Handler:     a.handler(),
		IdleTimeout: 50 * time.Millisecond,
	}
	log.Fatal(srv.ListenAndServe())
}

type app struct {
	public string // where the world finds this app

	mu     sync.Mutex
	ledger *os.File
}

// note writes down that a request was taken; all generations append.
func (a *app) note(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := fmt.Fprintln(a.ledger, id); err != nil {
		log.Fatal(err)
	}
}
