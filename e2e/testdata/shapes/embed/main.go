package main

import (
	"html/template"
	"io/fs"
	"log"
	"net/http"
	"os"

	"example.com/admin/ui"
)

func main() {
	dist, err := fs.Sub(ui.Files, "dist")
	if err != nil {
		log.Fatal(err)
	}
	page, err := template.ParseFS(dist, "index.html")
	if err != nil {
		log.Fatal(err)
	}
	files := http.FileServerFS(dist)
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if info, err := fs.Stat(dist, r.URL.Path[1:]); err == nil && !info.IsDir() {
			files.ServeHTTP(w, r)
			return
		}
		// The page is filled in, and answers for the routes of the client.
		page.Execute(w, map[string]string{"User": "root", "Path": r.URL.Path})
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
