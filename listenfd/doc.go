// Package listenfd lets a server adopt the listening socket it was started
// with, so that the socket outlives the process: while one process stops and
// the next one starts, new connections wait in the kernel instead of being
// refused.
//
//	ln, err := listenfd.Listen("tcp", "127.0.0.1:3000")
//	if err != nil { ... }
//	err = listenfd.Serve(ctx, &http.Server{Handler: mux}, ln)
//
// Listen takes the inherited socket if there is one and binds the address
// otherwise, so the same line works under devtool, a systemd socket unit,
// systemd-socket-activate, systemfd, a debugger, and with nothing at all.
// [Inherited] gives the sockets by index and by name.
//
// The protocol is systemd's: LISTEN_FDS counts the descriptors, LISTEN_PID
// names the process they are meant for, LISTEN_FDNAMES names them. As
// systemfd and Rust's listenfd do, an absent LISTEN_PID is accepted (wrappers
// and debuggers cannot know it) and LISTEN_FDS_FIRST_FD moves the first
// descriptor from 3.
//
// Refused, with a reason from [Files.Skipped]: descriptors meant for another
// process, descriptors that are closed or that this process opened itself,
// and sockets of another type than the one asked for. Editors and make leak
// variables and descriptors into everything they start, so nothing is
// believed unseen.
//
// The first use removes the LISTEN_* variables from the environment and marks
// the sockets close-on-exec, as the protocol asks, so that children of this
// process inherit neither. Nothing here shuts a socket down or sets options on
// it: other processes share it. The one thing they can notice is that a
// blocking socket becomes non-blocking, which Go needs; a non-blocking one is
// so at every moment.
//
// On Windows nothing can be inherited this way, so Listen always binds.
//
// The package starts no goroutine that outlives a call.
package listenfd
