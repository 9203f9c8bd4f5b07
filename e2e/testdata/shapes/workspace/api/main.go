package main

import (
	"log"
	"net/http"
	"os"

	"example.com/kit"
)

func main() {
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), kit.Logged(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte(kit.Version))
	}))))
}
