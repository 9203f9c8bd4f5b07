package proxy

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAllowClient(t *testing.T) {
	t.Parallel()
	const script, socket = "http://h/c.js", "ws://h/ws"
	tests := []struct {
		name   string
		policy []string
		want   []string
		nonce  string
	}{
		{"none", nil, nil, ""},
		{"unrelated", []string{"img-src 'self'"}, []string{"img-src 'self'"}, ""},
		{"self", []string{"script-src 'self'"}, []string{"script-src 'self' http://h/c.js"}, ""},
		{"inline stays", []string{"script-src 'unsafe-inline'"}, []string{"script-src 'unsafe-inline' http://h/c.js"}, ""},
		{"nothing", []string{"script-src 'none'; connect-src 'NONE'"}, []string{"script-src http://h/c.js; connect-src ws://h/ws"}, ""},
		{"empty", []string{"script-src"}, []string{"script-src http://h/c.js"}, ""},
		{"fallback", []string{"default-src 'self'"},
			[]string{"default-src 'self'; script-src 'self' http://h/c.js; connect-src 'self' ws://h/ws"}, ""},
		{"fallback to nothing", []string{"default-src 'none'"},
			[]string{"default-src 'none'; script-src http://h/c.js; connect-src ws://h/ws"}, ""},
		{"elements apart", []string{"script-src 'self'; script-src-elem 'self' x.test"},
			[]string{"script-src 'self'; script-src-elem 'self' x.test http://h/c.js"}, ""},
		{"nonce", []string{"script-src 'nonce-abc'; connect-src 'self'"},
			[]string{"script-src 'nonce-abc'; connect-src 'self' ws://h/ws"}, "abc"},
		{"nonce with strict-dynamic", []string{"script-src 'strict-dynamic' 'nonce-abc' 'unsafe-inline'"},
			[]string{"script-src 'strict-dynamic' 'nonce-abc' 'unsafe-inline'"}, "abc"},
		{"nonce in one of two headers", []string{"script-src 'self'", "script-src 'nonce-abc'"},
			[]string{"script-src 'self' http://h/c.js", "script-src 'nonce-abc'"}, "abc"},
		{"two nonces", []string{"script-src 'nonce-a'", "script-src 'strict-dynamic' 'nonce-b'"},
			[]string{"script-src 'nonce-a'", "script-src 'strict-dynamic' 'nonce-b' 'nonce-a'"}, "a"},
		{"two in one header", []string{"script-src 'self', default-src x.test"},
			[]string{"script-src 'self' http://h/c.js", "default-src x.test; script-src x.test http://h/c.js; connect-src x.test ws://h/ws"}, ""},
		{"first of duplicates", []string{"SCRIPT-SRC a.test; script-src b.test"},
			[]string{"script-src a.test http://h/c.js; script-src b.test"}, ""},
		{"style nonce is none for scripts", []string{"style-src 'nonce-abc'; script-src 'self'"},
			[]string{"style-src 'nonce-abc'; script-src 'self' http://h/c.js"}, ""},
		{"trusted types", []string{"require-trusted-types-for 'script'; trusted-types 'none'", "trusted-types app 'allow-duplicates'"},
			[]string{"require-trusted-types-for 'script'; trusted-types devtool", "trusted-types app 'allow-duplicates' devtool"}, ""},
		{"untidy", []string{" ;; script-src  'self' ;, ,"}, []string{"script-src 'self' http://h/c.js"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, name := range []string{"Content-Security-Policy", "Content-Security-Policy-Report-Only"} {
				h := http.Header{}
				for _, p := range tt.policy {
					h.Add(name, p)
				}
				if nonce := allowClient(h, script, socket); nonce != tt.nonce {
					t.Errorf("nonce %q, want %q", nonce, tt.nonce)
				}
				if diff := cmp.Diff(tt.want, h[name]); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
		})
	}
}

// Hashes with strict-dynamic leave nothing to reuse.
func TestAllowClientMakesNonce(t *testing.T) {
	t.Parallel()
	h := http.Header{"Content-Security-Policy": {"script-src 'strict-dynamic' 'sha256-x'"}}
	nonce := allowClient(h, "http://h/c.js", "ws://h/ws")
	if !regexp.MustCompile(`^[A-Z0-9]{26}$`).MatchString(nonce) {
		t.Errorf("nonce %q", nonce)
	}
	want := "script-src 'strict-dynamic' 'sha256-x' 'nonce-" + nonce + "'"
	if got := h.Get("Content-Security-Policy"); got != want {
		t.Errorf("policy %q, want %q", got, want)
	}
}
