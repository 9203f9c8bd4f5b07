// Package certificate finds or makes the certificate for serving the public address
// over TLS.
//
// Files that somebody chose come first ([Load]). Otherwise [Provide] issues a
// certificate for this machine: signed by mkcert's authority where that is
// installed, so that browsers trust it already, else by itself. What it issues
// is kept in a directory and used until it is about to expire, so that people have
// to trust it only once.
//
// The package refuses to touch the trust store of the system or of a browser,
// and to make an authority of its own: with its key, anybody could impersonate any
// site to this user. It starts no goroutine and no process.
package certificate
