package main

import (
	"html/template"
	"log"
	"net/http"
	"os"
	"sync/atomic"
)

func main() {
	pages := template.Must(template.ParseGlob("templates/*.html"))
	var count atomic.Int64
	render := func(name string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				count.Add(1)
			}
			if err := pages.ExecuteTemplate(w, name, count.Load()); err != nil {
				log.Print(err)
			}
		}
	}
	http.HandleFunc("GET /{$}", render("index.html"))
	http.HandleFunc("POST /count", render("count.html"))
	log.Fatal(http.ListenAndServe(":"+os.Getenv("PORT"), nil))
}
