// Package control lets scripts and other commands talk to a running server
// through a private unix socket.
//
// The socket is a file of mode 0600 in a directory of the user's own: whoever
// can open it may do anything the person at the terminal may, so no token is
// asked for, and no browser can reach it. What is spoken is HTTP with JSON
// bodies, two routes in all:
//
//	GET  /status?after=SEQ   the status, once its number is greater than SEQ
//	POST /ask/WHAT           a wish, answered when it is known what comes of it
//
// The package knows neither what a status says nor which wishes there are; both
// are values of its caller. It starts no goroutines but those of net/http, which
// [http.Server.Close] ends.
package control
