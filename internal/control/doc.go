// Package control lets scripts and other commands talk to a running server
// through a private unix socket.
//
// The socket is a file of mode 0600 in a directory of the user's own: whoever
// can open it may do anything the person at the terminal may, so it needs no
// token, and no browser can reach it. The protocol is HTTP with JSON
// bodies, on two routes:
//
//	GET  /status?after=SEQ   the status, once its number is greater than SEQ
//	POST /ask/WHAT           a request, answered when its outcome is known
//
// The package does not know what a status contains or which requests exist; its
// caller defines both. It starts no goroutines besides those of net/http, which
// [http.Server.Close] ends.
package control
