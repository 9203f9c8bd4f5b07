//go:build unix

package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/devtooltest"
	"github.com/calendsync/devtool/internal/problem"
)

// looking asks a devtool what it serves.
type looking struct {
	url, token string
	client     *http.Client
}

// seen is what a devtool serves and says.
type seen struct {
	served
	phase    string
	problems []problem.Problem
}

var tokenOf = regexp.MustCompile(`data-token="([^"]+)"`)

func look(t testing.TB, url string) *looking {
	t.Helper()
	l := &looking{url: url, client: &http.Client{Timeout: devtooltest.Patience}}
	page, err := l.get("/")
	found := tokenOf.FindStringSubmatch(page)
	if err != nil || found == nil {
		t.Fatalf("the page carries no token: %v\n%s", err, page)
	}
	l.token = found[1]
	return l
}

// get asks as a browser asks for a document, which devtool gives its token.
func (l *looking) get(path string) (string, error) {
	req, err := http.NewRequest(http.MethodGet, l.url+path, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Accept", "text/html")
	res, err := l.client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s", path, res.Status)
	}
	return string(body), err
}

// until looks until it sees what is wanted, and says what is missing if that does
// not come.
func (l *looking) until(want, before served, patience time.Duration) (got seen, why string) {
	pace := time.NewTicker(25 * time.Millisecond)
	defer pace.Stop()
	for deadline := time.After(patience); ; {
		got, err := l.look()
		if err != nil {
			why = err.Error()
		} else if why = want.lacks(got, before); why == "" {
			return got, ""
		}
		select {
		case <-pace.C:
		case <-deadline:
			return got, why
		}
	}
}

// look reads all that is served.
func (l *looking) look() (got seen, err error) {
	status, err := l.get("/__devtool/status?token=" + l.token)
	if err != nil {
		return got, err
	}
	var st struct {
		Phase    string
		Problems []problem.Problem
	}
	if err := json.Unmarshal([]byte(status), &st); err != nil {
		return got, fmt.Errorf("status %q: %w", status, err)
	}
	got.phase, got.problems = st.Phase, st.Problems
	page, err := l.get("/")
	if err != nil {
		return got, err
	}
	got.app = numbersOf(page)
	scripts, err := l.scripts("/assets/main.js", map[string]bool{})
	if err != nil {
		return got, err
	}
	got.scripts = numbersOf(scripts)
	sheet, err := l.get("/assets/main.css")
	got.sheets = numbersOf(sheet)
	return got, err
}

var (
	imports = regexp.MustCompile(`["']((?:\.{1,2}|/assets)/[^"']+\.js)(?:\?[^"']*)?["']`)
	version = regexp.MustCompile(`\?v=[\w-]+`)
	trailer = regexp.MustCompile(`(?m)^(//|/\*)# sourceMappingURL=.*$`)
)

// scripts returns the text of a script and of those that it imports.
func (l *looking) scripts(url string, known map[string]bool) (string, error) {
	known[url] = true
	text, err := l.get(url)
	if err != nil {
		return "", err
	}
	text = trailer.ReplaceAllString(text, "")
	for _, found := range imports.FindAllStringSubmatch(text, -1) {
		next := found[1]
		if !path.IsAbs(next) {
			next = path.Join(path.Dir(url), next)
		}
		if known[next] {
			continue
		}
		more, err := l.scripts(next, known)
		if err != nil {
			return "", err
		}
		text += more
	}
	return text, nil
}

// outputs returns all bundles by their URL, without what depends on dir, where the
// tree is.
func (l *looking) outputs(dir string) (map[string]string, error) {
	status, err := l.get("/__devtool/status?token=" + l.token)
	if err != nil {
		return nil, err
	}
	var st struct{ Outputs []string }
	if err := json.Unmarshal([]byte(status), &st); err != nil {
		return nil, err
	}
	all := make(map[string]string)
	for _, url := range st.Outputs {
		text, err := l.get(url)
		if err != nil {
			return nil, err
		}
		all[url] = version.ReplaceAllString(strings.ReplaceAll(text, dir, "DIR"), "?v=")
	}
	return all, nil
}

func numbersOf(text string) []string {
	all := numeral.FindAllString(text, -1)
	slices.Sort(all)
	return slices.Compact(all)
}

// lacks says what differs from what is wanted; "" if nothing does. A side that
// does not build must say so, and serve what it served before, if that is known.
func (want served) lacks(got seen, before served) string {
	if got.phase == "building" || got.phase == "starting" {
		return "it is " + got.phase
	}
	blames := func(sources ...problem.Source) bool {
		return slices.ContainsFunc(got.problems, func(p problem.Problem) bool {
			return p.Severity == problem.Error && slices.Contains(sources, p.Source)
		})
	}
	var all []string
	side := func(name, fault string, blamed bool, parts ...[3][]string) {
		switch {
		case fault != "" && !blamed:
			all = append(all, fmt.Sprintf("no error of the %s, though %s", name, fault))
		case fault == "" && blamed:
			all = append(all, fmt.Sprintf("an error of the %s, which is right", name))
		}
		for _, part := range parts {
			want, got, before := part[0], part[1], part[2]
			if fault != "" {
				want = before
			}
			if (fault == "" || before != nil) && !slices.Equal(want, got) {
				all = append(all, fmt.Sprintf("the %s lacks %v and has %v too many", name, without(want, got), without(got, want)))
			}
		}
	}
	side("app", want.appFault, blames(problem.Go, problem.Generate, problem.App, problem.Crash), [3][]string{want.app, got.app, before.app})
	if want.webWaits {
		return strings.Join(all, "; ")
	}
	side("web side", want.webFault, blames(problem.ESBuild, problem.Web),
		[3][]string{want.scripts, got.scripts, before.scripts}, [3][]string{want.sheets, got.sheets, before.sheets})
	return strings.Join(all, "; ")
}

func without(all, these []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(these, s) })
}

// over returns what is wanted with the numbers that are served.
func (want served) over(got seen) served {
	want.app, want.scripts, want.sheets = got.app, got.scripts, got.sheets
	return want
}
