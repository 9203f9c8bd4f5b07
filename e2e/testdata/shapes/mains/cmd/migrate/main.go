package main

import (
	"fmt"

	"example.com/parcels/parcel"
)

func main() { fmt.Println("migrate", parcel.Next()) }
