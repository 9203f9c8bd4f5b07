//go:build unix

package e2e_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/calendsync/devtool/internal/devtooltest"
)

const protoMain = `package main

import (
	"io"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<html><head></head><body>"+r.Header.Get("X-Forwarded-Proto")+" "+os.Getenv("DEVTOOL_URL")+"</body></html>")
	})
	http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}
`

// TestHTTPS asks in TLS, as one who trusts the certificate: documents over
// HTTP/2, and the websocket of the client.
func TestHTTPS(t *testing.T) {
	t.Parallel()
	p := newSmall(t, map[string]string{"main.go": protoMain, ".git/info/exclude": ""})
	s := p.start("--https")
	if !strings.HasPrefix(s.url, "https://localhost:") {
		t.Fatalf("address %s, want https", s.url)
	}
	said := s.Await("a word on the certificate", func(m devtooltest.Message) bool { return m.Type == "remark" && strings.Contains(m.Text, "certificate") })
	file := strings.TrimPrefix(said.Hint[strings.Index(said.Hint, "trust "):], "trust ")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("the certificate to trust: %v (said: %q)", err, said.Hint)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		t.Fatalf("%s holds no certificate", file)
	}
	trusting := &tls.Config{RootCAs: pool}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: trusting.Clone(), ForceAttemptHTTP2: true}}
	req, err := http.NewRequest(http.MethodGet, s.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	page := new(strings.Builder)
	if err := res.Write(page); err != nil {
		t.Fatal(err)
	}
	if res.ProtoMajor != 2 || !strings.Contains(page.String(), "https "+s.url) {
		t.Errorf("answered in %s: %s\nwant HTTP/2, and the app told of https", res.Proto, page)
	}

	token := regexp.MustCompile(`data-token="([^"]+)"`).FindStringSubmatch(page.String())
	if token == nil {
		t.Fatalf("no client in the page: %s", page)
	}
	dialer := websocket.Dialer{TLSClientConfig: trusting, Subprotocols: []string{"devtool.v1"}}
	ws, _, err := dialer.Dial("wss"+strings.TrimPrefix(s.url, "https")+"/__devtool/ws?token="+token[1], http.Header{"Origin": {s.url}})
	if err != nil {
		t.Fatalf("the client's websocket: %v", err)
	}
	ws.Close()

	if _, err := http.Get(s.url); err == nil {
		t.Error("who does not trust the certificate is served")
	}
}

// TestHTTPSChosen serves with files that somebody chose.
func TestHTTPSChosen(t *testing.T) {
	t.Parallel()
	p := newSmall(t, map[string]string{"main.go": protoMain, ".git/info/exclude": ""})
	s := p.start("--https") // makes a certificate to choose
	s.Stop()
	made, err := filepath.Glob(filepath.Join(p.dir, ".git", "cache", "devtool", "https", "*-key.pem"))
	if err != nil || len(made) != 1 {
		t.Fatalf("kept keys %q, %v; want one", made, err)
	}
	p.write("devtool.toml", "[server]\ncert = \""+strings.TrimSuffix(made[0], "-key.pem")+".pem\"\nkey = \""+made[0]+"\"\n")
	s = p.start()
	for _, m := range s.Since(0) {
		if strings.Contains(m.Text, "certificate") {
			t.Errorf("a chosen certificate is remarked on: %q", m.Text)
		}
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	res, err := client.Get(s.url)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if got := res.TLS.PeerCertificates[0].Subject.CommonName; got != "localhost" || res.StatusCode != http.StatusOK {
		t.Errorf("%s, shown by %q", res.Status, got)
	}
}
