package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// authorityFiles writes an authority as mkcert does.
func authorityFiles(t *testing.T, dir string) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mkcert test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(10 * validity),
		KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, root, root, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"rootCA.pem":     {Type: "CERTIFICATE", Bytes: der},
		"rootCA-key.pem": {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// fetch asks a server that shows cert, as a client that trusts one certificate.
func fetch(t *testing.T, cert *Certificate, trusted *x509.Certificate, name string) error {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{cert.Certificate}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that shall fail
	server.StartTLS()
	defer server.Close()
	pool := x509.NewCertPool()
	pool.AddCert(trusted)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: name}}}
	res, err := client.Get(server.URL)
	if err == nil {
		res.Body.Close()
	}
	client.CloseIdleConnections()
	return err
}

func provide(t *testing.T, o Options) *Certificate {
	t.Helper()
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	c, err := Provide(o)
	if err != nil {
		t.Fatalf("Provide(%+v): %v", o, err)
	}
	return c
}

// TestTrusted: who trusts the certificate, or mkcert's authority, is served
// under every name, and under no other.
func TestTrusted(t *testing.T) {
	t.Parallel()
	dir, root := t.TempDir(), t.TempDir()
	mkcert := authorityFiles(t, root)
	own := provide(t, Options{Dir: dir, Hosts: []string{"dev.test", "192.0.2.1"}})
	signed := provide(t, Options{Dir: dir, Hosts: []string{"dev.test", "192.0.2.1"}, Root: root})
	if own.Signer != Self || signed.Signer != Mkcert {
		t.Errorf("signers %q and %q, want itself and mkcert", own.Signer, signed.Signer)
	}
	for _, tt := range []struct {
		what    string
		cert    *Certificate
		trusted *x509.Certificate
	}{{"by itself", own, own.Leaf}, {"by mkcert", signed, mkcert}} {
		for name, want := range map[string]bool{
			"localhost": true, "a.localhost": true, "127.0.0.1": true, "::1": true, "dev.test": true, "192.0.2.1": true,
			"other.test": false, "192.0.2.2": false,
		} {
			if err := fetch(t, tt.cert, tt.trusted, name); (err == nil) != want {
				t.Errorf("signed %s, as %s: %v; want success: %v", tt.what, name, err, want)
			}
		}
	}
	if own.Leaf.IsCA {
		t.Error("the certificate can sign others")
	}
	if err := fetch(t, own, mkcert, "localhost"); err == nil {
		t.Error("a stranger trusts the certificate")
	}
}

// TestKept: a certificate stays until it has to change.
func TestKept(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "made")
	first := provide(t, Options{Dir: dir})
	for _, file := range []string{first.File, strings.TrimSuffix(first.File, ".pem") + "-key.pem"} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v; want a private file", file, info, err)
		}
	}
	serial := func(c *Certificate) string { return c.Leaf.SerialNumber.String() }
	for _, tt := range []struct {
		what string
		o    Options
		kept bool
	}{
		{"again", Options{}, true},
		{"for another host", Options{Hosts: []string{"dev.test"}}, false},
		{"for the first hosts, after those", Options{}, true},
		{"a month before its end", Options{Now: time.Now().Add(validity - renewBefore + time.Hour)}, false},
	} {
		tt.o.Dir = dir
		if got := provide(t, tt.o); (serial(got) == serial(first)) != tt.kept {
			t.Errorf("%s: serial %s after %s, want it kept: %v", tt.what, serial(got), serial(first), tt.kept)
		}
	}

	root := t.TempDir()
	authorityFiles(t, root)
	signed := provide(t, Options{Dir: dir, Root: root})
	authorityFiles(t, root) // mkcert was reinstalled
	if again := provide(t, Options{Dir: dir, Root: root}); serial(again) == serial(signed) {
		t.Error("a certificate of an authority that is gone was kept")
	}
	if err := os.WriteFile(signed.File, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if again := provide(t, Options{Dir: dir, Root: root}); again.Leaf == nil {
		t.Error("a damaged file was not replaced")
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	made := provide(t, Options{Dir: dir})
	key := strings.TrimSuffix(made.File, ".pem") + "-key.pem"
	if got, err := Load(made.File, key); err != nil || got.Signer != Chosen {
		t.Errorf("Load = %+v, %v", got, err)
	}
	other := provide(t, Options{Dir: t.TempDir()})
	for what, tt := range map[string][2]string{
		"missing":         {filepath.Join(dir, "none.pem"), key},
		"not a pair":      {other.File, key},
		"wrong way round": {key, made.File},
	} {
		_, err := Load(tt[0], tt[1])
		var file *FileError
		if !errors.As(err, &file) || file.Hint() == "" || !strings.Contains(err.Error(), tt[0]) {
			t.Errorf("%s: Load = %v, want an error that names the file and has a hint", what, err)
		}
	}
}

func TestMkcertRoot(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ goos, env, want string }{
		{"linux", "HOME=/h", "/h/.local/share/mkcert"},
		{"linux", "HOME=/h XDG_DATA_HOME=/d", "/d/mkcert"},
		{"darwin", "HOME=/h XDG_DATA_HOME=/d", "/h/Library/Application Support/mkcert"},
		{"windows", "LocalAppData=/l", "/l/mkcert"},
		{"linux", "HOME=/h CAROOT=/c", "/c"},
	} {
		getenv := func(name string) string {
			for entry := range strings.FieldsSeq(tt.env) {
				if v, ok := strings.CutPrefix(entry, name+"="); ok {
					return v
				}
			}
			return ""
		}
		if got := filepath.ToSlash(MkcertRoot(tt.goos, getenv)); got != tt.want {
			t.Errorf("MkcertRoot(%s, %s) = %s, want %s", tt.goos, tt.env, got, tt.want)
		}
	}
}
