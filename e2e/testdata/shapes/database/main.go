// Guestbook keeps its database beside itself, wherever it is installed.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
)

func main() {
	if len(os.Args) < 2 || os.Args[1] != "serve" {
		fmt.Fprintln(os.Stderr, "usage: guestbook serve [--http ADDRESS]")
		os.Exit(2)
	}
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	addr := flags.String("http", "127.0.0.1:8090", "address to listen on")
	flags.Parse(os.Args[2:])

	db := open()
	defer db.Close()
	http.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		err := db.Update(func(tx *bolt.Tx) error {
			guests, err := tx.CreateBucketIfNotExists([]byte("guests"))
			if err != nil {
				return err
			}
			return guests.Put([]byte(r.FormValue("name")), nil)
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	http.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "Guests:")
		db.View(func(tx *bolt.Tx) error {
			if guests := tx.Bucket([]byte("guests")); guests != nil {
				guests.ForEach(func(name, _ []byte) error {
					_, err := fmt.Fprintf(w, " %s", name)
					return err
				})
			}
			return nil
		})
	})
	log.Fatal(http.ListenAndServe(*addr, nil))
}

// open opens the database beside the executable; under go run, whose executable
// is a temporary file, that of the working directory.
func open() *bolt.DB {
	executable, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	dir := filepath.Join(filepath.Dir(executable), "data")
	if strings.HasPrefix(executable, os.TempDir()) {
		dir = "data"
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		log.Fatal(err)
	}
	db, err := bolt.Open(filepath.Join(dir, "guestbook.db"), 0o600, &bolt.Options{Timeout: time.Second})
	if err != nil {
		log.Fatal(err) // another guestbook holds it
	}
	return db
}
