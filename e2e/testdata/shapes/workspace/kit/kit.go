// Package kit is a module of its own, beside the one that uses it.
package kit

import (
	"log"
	"net/http"
)

// Version of the kit.
const Version = "kit one"

// Logged logs every request.
func Logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		log.Printf("%s %s", r.Method, r.URL.Path)
		next.ServeHTTP(w, r)
	})
}
