package main

import (
	"flag"
	"log"
	"net/http"
	"os"

	"example.com/parcels/parcel"
)

func main() {
	addr := flag.String("addr", "localhost:"+os.Getenv("PORT"), "address to listen on")
	flag.Parse()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(parcel.Next())) })
	log.Fatal(http.ListenAndServe(*addr, nil))
}
