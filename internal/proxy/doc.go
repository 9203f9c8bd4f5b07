// Package proxy is the one http.Handler behind the public address: it guards,
// serves bundles and files, forwards everything else to the app, and puts the
// browser client's tag into HTML documents.
//
// Requests reach the app through a [Gate]. They wait there, with their bodies
// unread, while no generation of the app may take them. Nothing is buffered,
// replayed or parsed, and client connections survive every replacement. A
// replacement is
//
//	p.Shut()                     // new requests wait
//	p.Drain(ctx, 2*time.Second)  // those in flight end, or are cut off and named
//	…                            // stop the old app, start the new one
//	p.Open(target)               // waiting requests go to the new one
//
// Without [Gate.Shut] before [Gate.Open], the two targets overlap: the old one
// keeps its requests until [Gate.Drain].
//
// The package refuses, before anything else looks at a request, hosts that a
// foreign site could have rebound to this machine, and origins that have no
// business on the reserved routes or on the app's websockets. It never adds a
// CORS header, never sends a request twice that the app may have read, never
// passes on a request whose client has left while it waited, and never ends a
// response cleanly that the app has not ended.
//
// A request to the app is an exchange. ReverseProxy hands its hooks nothing but
// requests, so they find the exchange in the request's context.
//
// The package starts no goroutine of its own; those of net/http end with their
// requests. Serve the proxy with the server of [Proxy.Server], which also speaks
// HTTP/2 without TLS for gRPC, and call [Proxy.Close] when that has stopped.
package proxy
