package proxy

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// What the app and the client say to each other passes as it is.
func TestTransparency(t *testing.T) {
	t.Parallel()
	seen := make(chan *http.Request, 1)
	p := New(Options{AllowedHosts: []string{"dev.example.com"}})
	srv := serve(t, p)
	p.Open(start(t, func(w http.ResponseWriter, r *http.Request) {
		seen <- r
		h := w.Header()
		h["Content-Type"] = nil
		h.Set("Strict-Transport-Security", "max-age=1")
		h.Set("Location", "http://other.test/x")
		h.Add("Set-Cookie", "a=1; Path=/")
		h.Add("Set-Cookie", "b=2; Secure")
		h.Set("Connection", "X-Hop")
		h.Set("X-Hop", "1")
		w.WriteHeader(http.StatusFound)
		io.WriteString(w, "<html>")
	}))
	r := newRequest(t, "GET", srv.URL+"/a%2Fb//c;d?x=1;y&%zz", "",
		"X-Forwarded-For", "6.6.6.6", "X-Forwarded-Proto", "https", "X-Forwarded-Host", "evil.test",
		"Connection", "X-Forwarded-For, X-Secret", "X-Secret", "1", "Proxy-Authorization", "x")
	r.Host = "app.localhost:3000"
	got := ask(r)
	app := <-seen
	if want := "/a%2Fb//c;d?x=1;y&%zz"; app.RequestURI != want {
		t.Errorf("the app got %q, want %q", app.RequestURI, want)
	}
	for name, want := range map[string]string{
		"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http", "X-Forwarded-Host": r.Host,
		"X-Secret": "", "Proxy-Authorization": "", "User-Agent": "Go-http-client/1.1",
	} {
		if got := app.Header.Get(name); got != want {
			t.Errorf("the app got %s: %q, want %q", name, got, want)
		}
	}
	if app.Host != r.Host {
		t.Errorf("the app got host %q", app.Host)
	}
	for name, want := range map[string]string{
		"Location": "http://other.test/x", "Set-Cookie": "a=1; Path=/|b=2; Secure", "X-Hop": "", "Content-Type": "",
		"Strict-Transport-Security": "", "Access-Control-Allow-Origin": "", "Cross-Origin-Resource-Policy": "",
	} {
		if got := strings.Join(got.header[name], "|"); got != want {
			t.Errorf("the client got %s: %q, want %q", name, got, want)
		}
	}
	// A tunnel that the user has named knows what the browser sees.
	r = newRequest(t, "GET", srv.URL, "", "X-Forwarded-For", "6.6.6.6", "X-Forwarded-Proto", "https")
	r.Host = "dev.example.com"
	got = ask(r)
	app = <-seen
	if app.Header.Get("X-Forwarded-Proto") != "https" || app.Header.Get("X-Forwarded-For") != "6.6.6.6" ||
		app.Header.Get("X-Forwarded-Host") != r.Host || got.header.Get("Strict-Transport-Security") == "" {
		t.Errorf("behind a tunnel: the app got %v, the client %v", app.Header, got.header)
	}
}
