package devserver

import (
	"fmt"
	"slices"
	"time"

	"github.com/calendsync/devtool/internal/build/bundle"
)

// loadedClassic hears that a page loads a bundle as a script that cannot import
// others, such as that of its packages.
func (s *server) loadedClassic(url string) { s.send(classicScript{url}) }

// classicScript tells of such a bundle. It needs no decision.
type classicScript struct{ URL string }

func (classicScript) event() {}

// joinPackages gives a page that loads a bundle as a classic script one that
// has everything in it. The page has failed by then; it is loaded again.
func (s *server) joinPackages(script classicScript) {
	i := slices.IndexFunc(s.entries, func(e bundle.Entry) bool { return e.URL == script.URL })
	if s.joined != "" || i < 0 || len(s.entries[i].Imports) == 0 {
		return
	}
	s.joined = fmt.Sprintf("%s is not loaded with type=\"module\"", script.URL)
	s.web.Unsplit(s.joined)
	now := time.Now()
	s.happen(changed{At: now, First: now, Files: []string{s.entries[i].Source}, Web: s.webInputs})
}
