package main

import (
	"io"
	"log"
	"net/http"
	"os"
	"strings"
)

func main() {
	greeting, err := os.ReadFile("greeting.txt")
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("GET /api/greeting", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, strings.TrimSpace(string(greeting))+", all")
	})
	log.Fatal(http.ListenAndServe(":"+os.Getenv("PORT"), nil))
}
