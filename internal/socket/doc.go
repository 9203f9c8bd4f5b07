// Package socket opens the sockets that devtool hands to others or keeps for
// itself: the loopback listeners of the public address, and those that
// "devtool socket" passes to any command by systemd's protocol.
//
// It refuses what would surprise later: a port that somebody else listens on
// (the error names who), a unix socket that a living process answers, a spec
// it does not fully understand. It never sets SO_REUSEPORT, which would let
// two servers share a port without an error, and never shuts a socket down
// that another process may hold.
//
// A command takes a [Set] either in our own place ([Set.Exec]) or under a
// [Supervisor], which replaces it when files change; how to start a process
// and how to watch files are the caller's to supply. On Windows only the
// listeners work: sockets cannot be passed by number there.
//
// Nothing here owns a goroutine. Callers close the listeners and sets they
// are given.
package socket
