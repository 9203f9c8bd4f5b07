// Package certificate finds or makes the certificate under which the public
// address is served in TLS.
//
// Files that somebody chose come first ([Load]). Otherwise [Provide] issues a
// certificate for this machine: signed by mkcert's authority where that is
// installed, so that browsers trust it already, else by itself. What it issues
// is kept in a directory and used until it is about to expire, so that who
// trusts it has to do so once.
//
// The package refuses to touch the trust store of the system or of a browser,
// and to make an authority of its own: whoever got hold of its key could
// impersonate any site to this user. It starts no goroutine and no process.
package certificate
