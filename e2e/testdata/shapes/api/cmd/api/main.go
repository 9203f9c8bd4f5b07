package main

import (
	"log"
	"net/http"
	"os"

	"example.com/shop/internal/shop"
)

func main() {
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	log.Printf("listening on :%s", port)
	log.Fatal(http.ListenAndServe(":"+port, shop.Handler(os.Getenv("SHOP_NAME"))))
}
