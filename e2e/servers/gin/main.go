package main

import (
	"io"
	"log"
	"net/http"

	"github.com/gin-gonic/gin"
)

func main() {
	r := gin.Default()
	answer := func(c *gin.Context) {
		_, _ = io.Copy(io.Discard, c.Request.Body)
		c.String(http.StatusOK, version)
	}
	r.GET("/", answer)
	r.POST("/", answer)
	log.Fatal(r.Run()) // PORT, else :8080
}
