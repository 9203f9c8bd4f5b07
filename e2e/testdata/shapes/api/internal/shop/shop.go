// Package shop is the API.
package shop

import (
	"embed"
	"encoding/json"
	"net/http"
)

//go:embed goods.json
var goods embed.FS

// Handler answers for the shop of that name.
func Handler(name string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/shop", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]string{"name": name, "greeting": "welcome"})
	})
	mux.Handle("GET /api/v1/", http.StripPrefix("/api/v1/", http.FileServerFS(goods)))
	return mux
}
