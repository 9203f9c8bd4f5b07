package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"path/filepath"
	"slices"
	"time"
)

// Certificate is what a server presents to its clients.
type Certificate struct {
	tls.Certificate
	File   string // where it lies, in PEM form
	Signer Signer
}

// Signer is who vouches for a [Certificate].
type Signer string

const (
	Chosen Signer = "chosen" // by the user: not ours to judge
	Mkcert Signer = "mkcert" // trusted where mkcert -install was run
	Self   Signer = "itself" // trusted by nobody, before somebody says so
)

// FileError is a certificate or key that cannot be used.
type FileError struct {
	Cert, Key string
	Err       error
}

func (e *FileError) Error() string {
	return fmt.Sprintf("read the certificate %s with the key %s: %v", e.Cert, e.Key, e.Err)
}

func (e *FileError) Unwrap() error { return e.Err }

// Hint returns what to do about it.
func (e *FileError) Hint() string {
	if errors.Is(e.Err, fs.ErrNotExist) {
		return "correct server.cert and server.key, or leave both out to have one made"
	}
	return "both must be in PEM form and belong together"
}

// UserFault reports whether the command line or the settings are to blame,
// not the machine.
func (e *FileError) UserFault() bool { return true }

// Load reads the files that somebody chose. Its error is a [*FileError].
func Load(cert, key string) (*Certificate, error) {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, &FileError{cert, key, err}
	}
	return &Certificate{Certificate: pair, File: cert, Signer: Chosen}, nil
}

// Options of [Provide].
type Options struct {
	Hosts []string  // names and addresses beside those of this machine
	Dir   string    // where certificates are kept; made when needed
	Root  string    // mkcert's directory, see [MkcertRoot]; may not exist
	Now   time.Time // when the certificate has to be valid
}

// renewBefore is how long before its end a certificate is replaced: it
// should not expire during a day's work.
const renewBefore = 30 * 24 * time.Hour

// Provide returns the kept certificate for the hosts, or issues one.
func Provide(o Options) (*Certificate, error) {
	hosts := append([]string{"localhost", "*.localhost", "127.0.0.1", "::1"}, o.Hosts...)
	slices.Sort(hosts)
	hosts = slices.Compact(hosts)
	root := readAuthority(o.Root) // one that cannot be read is as good as none
	signer, parent := Self, (*x509.Certificate)(nil)
	if root != nil {
		signer, parent = Mkcert, root.cert
	}
	name := fileName(hosts, signer)
	cert, key := filepath.Join(o.Dir, name+".pem"), filepath.Join(o.Dir, name+"-key.pem")
	if pair, err := tls.LoadX509KeyPair(cert, key); err == nil && usable(pair.Leaf, parent, hosts, o.Now) {
		return &Certificate{Certificate: pair, File: cert, Signer: signer}, nil
	}
	if err := issue(cert, key, hosts, root, o.Now); err != nil {
		return nil, fmt.Errorf("issue a certificate: %w", err)
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("read the certificate just issued: %w", err)
	}
	return &Certificate{Certificate: pair, File: cert, Signer: signer}, nil
}

// usable reports whether a kept certificate is valid for the hosts and signed by
// the current authority.
func usable(leaf, parent *x509.Certificate, hosts []string, now time.Time) bool {
	if leaf == nil || now.Before(leaf.NotBefore) || now.After(leaf.NotAfter.Add(-renewBefore)) {
		return false
	}
	if parent != nil && leaf.CheckSignatureFrom(parent) != nil {
		return false
	}
	for _, host := range hosts {
		ip := net.ParseIP(host)
		if ip == nil && !slices.Contains(leaf.DNSNames, host) || ip != nil && !slices.ContainsFunc(leaf.IPAddresses, ip.Equal) {
			return false
		}
	}
	return true
}

// MkcertRoot returns the directory in which mkcert keeps its authority.
func MkcertRoot(goos string, getenv func(string) string) string {
	if dir := getenv("CAROOT"); dir != "" {
		return dir
	}
	switch goos {
	case "windows":
		return filepath.Join(getenv("LocalAppData"), "mkcert")
	case "darwin":
		return filepath.Join(getenv("HOME"), "Library", "Application Support", "mkcert")
	}
	if dir := getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "mkcert")
	}
	return filepath.Join(getenv("HOME"), ".local", "share", "mkcert")
}

// readAuthority returns mkcert's authority, or nil.
func readAuthority(dir string) *authority {
	if dir == "" || !filepath.IsAbs(dir) {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "rootCA.pem"), filepath.Join(dir, "rootCA-key.pem"))
	if err != nil || !pair.Leaf.IsCA {
		return nil
	}
	return &authority{cert: pair.Leaf, key: pair.PrivateKey}
}
