package main

import (
	"fmt"

	"example.com/parcels/parcel"
)

func main() { fmt.Println("worker", parcel.Next()) }
