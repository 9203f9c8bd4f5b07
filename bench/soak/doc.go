// Command soak replaces an app again and again under a mixed load and counts
// what is lost: short requests, uploads, slow handlers, downloads with a hash,
// clients that leave, handlers that call their own address, websockets and event
// streams, with compile errors, versions that do not start, that ignore SIGTERM
// and that crash mixed in. It counts at the client and in the app.
//
//	go run ./bench/soak                          200 replacements behind devtool
//	go run ./bench/soak -n 40 -with air,wgo      40 each behind others
//	go run ./bench/soak -n 40 -overlap           how long a GET waits if two apps may live at once
//
// A request is lost when it is short and gets no answer or another than 200. A
// long one that outlasts the drain time may be cut off, but its client must be
// able to tell: a response that ends cleanly with the wrong content is
// truncated. What was in flight when a version crashed by itself died with it.
package main
