package devserver

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// beside also admits pages of the app's origin to next, which serves devtool's
// own routes and accepts only its own origin.
func (d *direct) beside(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		fromApp := d.origins[origin] && len(r.Header.Values("Origin")) == 1
		if fromApp {
			w.Header().Add("Vary", "Origin")
			w.Header().Set("Access-Control-Allow-Origin", origin)
		}
		// Requests for scripts and style sheets named in a page carry no origin.
		if fromApp || origin == "" && r.Header.Get("Sec-Fetch-Site") == "same-site" {
			r.Header.Del("Origin")
			r.Header.Del("Sec-Fetch-Site")
			if r.Header.Get("Upgrade") == "" {
				w = &sameSite{ResponseWriter: w}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// reserved adds two routes to next, which the proxy guards: the tag's script, and
// the preflight requests that browsers send before those that [direct.beside]
// admits. A nil d adds nothing.
func (d *direct) reserved(next http.Handler) http.Handler {
	if d == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == tagPath {
			d.serveTag(w, r)
			return
		}
		if r.Method == http.MethodOptions && w.Header().Get("Access-Control-Allow-Origin") != "" {
			w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

const resourcePolicy = "Cross-Origin-Resource-Policy"

// sameSite lets pages at other ports of the same host use a response.
type sameSite struct{ http.ResponseWriter }

func (w *sameSite) WriteHeader(status int) {
	w.relax()
	w.ResponseWriter.WriteHeader(status)
}

func (w *sameSite) Write(p []byte) (int, error) {
	w.relax()
	return w.ResponseWriter.Write(p)
}

func (w *sameSite) relax() {
	if w.Header().Get(resourcePolicy) != "" {
		w.Header().Set(resourcePolicy, "same-site")
	}
}

// Unwrap is for http.ResponseController.
func (w *sameSite) Unwrap() http.ResponseWriter { return w.ResponseWriter }

var tagSeq = regexp.MustCompile(`data-seq="\d+"`)

// serveTag answers with a script that inserts the client's tag into a page made
// by the given generation.
func (d *direct) serveTag(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if subtle.ConstantTimeCompare([]byte(query.Get("token")), []byte(d.token)) != 1 {
		http.Error(w, "this needs the token that is in "+tagVar, http.StatusForbidden)
		return
	}
	generation, err := strconv.Atoi(query.Get("generation"))
	if err != nil {
		http.Error(w, "generation: want a number", http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), tagWait)
	defer cancel()
	announced := d.announced.await(ctx, generation)
	tag := strings.Replace(d.tag(), `src="`, `src="`+html.EscapeString(d.URL), 1)
	if announced > generation {
		tag = tagSeq.ReplaceAllString(tag, `data-seq="0"`) // the page is outdated
	}
	text, err := json.Marshal(tag)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set(resourcePolicy, "same-site")
	fmt.Fprintf(w, "document.currentScript.after(document.createRange().createContextualFragment(%s));\n", text)
}
