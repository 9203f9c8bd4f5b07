package main

import (
	"log"
	"net/http"
	"os"

	"github.com/a-h/templ"
)

func main() {
	http.Handle("/static/", http.StripPrefix("/static/", http.FileServer(http.Dir("static"))))
	http.Handle("/", templ.Handler(page("Notes")))
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
