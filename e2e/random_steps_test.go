//go:build unix

package e2e_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/calendsync/devtool/internal/devtooltest"
)

// step is something that people and their tools do to a tree.
type step struct {
	name   string
	weight int
	// act does it and says what it did; it returns "" if there is nothing to do.
	act func(*steps) string
}

// steps draws steps from a source of random numbers and the tree. The same source
// does the same to the same tree.
type steps struct {
	*numbered
	draw *rand.Rand
	s    *server
	once bool // the last step changed the tree at one moment
}

var repertoire = []step{
	{"edit", 6, (*steps).edit},
	{"edit two", 2, func(s *steps) string { return s.edit() + " and " + s.edit() }},
	{"edit during a build", 3, (*steps).editDuring},
	{"break", 2, (*steps).damage},
	{"add", 5, (*steps).add},
	{"remove", 3, (*steps).remove},
	{"rename", 3, (*steps).rename},
	{"touch", 1, (*steps).touch},
	{"check out", 2, (*steps).checkOut},
	{"discard", 1, (*steps).discard},
	{"stash and pop", 1, (*steps).stash},
	{"clean", 1, (*steps).clean},
	{"remove what is generated", 1, (*steps).removeGenerated},
	{"install", 3, (*steps).install},
	{"relink", 4, (*steps).relink},
	{"move away", 3, (*steps).moveAway},
	{"move back", 3, (*steps).moveBack},
	{"move away and back", 1, (*steps).flicker},
}

// next does a step and says which. What is broken is mended every other time.
func (s *steps) next() string {
	s.once = true
	want := s.model()
	if want.appFault+want.webFault != "" && s.draw.IntN(2) == 0 {
		return "mend: " + s.mend()
	}
	total := 0
	for _, step := range repertoire {
		total += step.weight
	}
	for {
		at := s.draw.IntN(total)
		for _, step := range repertoire {
			if at -= step.weight; at < 0 {
				if did := step.act(s); did != "" {
					return step.name + ": " + did
				}
				break
			}
		}
	}
}

// of draws one of several.
func of[T any](s *steps, all []T) T { return all[s.draw.IntN(len(all))] }

// some draws a file that is wanted; "" if there is none.
func (s *steps) some(wanted func(name string) bool) string {
	names := slices.DeleteFunc(s.files(), func(name string) bool { return !wanted(name) })
	if len(names) == 0 {
		return ""
	}
	return of(s, names)
}

func whichever(string) bool { return true }

func (s *steps) edit() string {
	how := of(s, []string{"in place", "by rename", "truncating"})
	name := s.some(whichever)
	s.once = s.once && how == "by rename"
	s.save(name, s.renumber(s.read(name)), how)
	return name + " " + how
}

// editDuring saves a file while the build of another runs.
func (s *steps) editDuring() string {
	first := of(s, []string{"app/main.go", "app/web/main.ts", "app/web/main.css"})
	if !s.exists(first) {
		return ""
	}
	s.once = false
	mark := s.s.Mark()
	s.save(first, s.renumber(s.read(first)), "by rename")
	s.s.AwaitAfter(mark, "a build of "+first, devtooltest.OfType("build-started"))
	return first + ", then " + s.edit()
}

func (s *steps) damage() string {
	name := s.some(func(name string) bool {
		return strings.HasSuffix(name, ".go") || strings.HasSuffix(name, ".ts") || strings.HasPrefix(name, "app/words/")
	})
	if name != "" {
		s.save(name, s.read(name)+"\nBROKEN BROKEN(\n", "by rename")
	}
	return name
}

func (s *steps) add() string {
	set := of(s, slices.Sorted(maps.Keys(sets)))
	if !s.exists(path.Dir(set)) {
		return ""
	}
	ending := of(s, []string{"", "", "_gen"}) // which git ignores
	name := strings.Replace(set, "*", fmt.Sprintf("new%d%s", s.count, ending), 1)
	s.save(name, s.numbering(sets[set]), "by rename")
	return name
}

func (s *steps) remove() string {
	name := s.some(whichever)
	s.must(os.Remove(s.path(name)))
	return name
}

func (s *steps) rename() string {
	name := s.some(func(name string) bool {
		return !slices.Contains([]string{"main.go", "reg.go", "embed.go"}, path.Base(name))
	})
	to := path.Join(path.Dir(name), fmt.Sprintf("renamed%d%s%s", s.draw.IntN(1000), of(s, []string{"", "_gen"}), path.Ext(name)))
	s.must(os.Rename(s.path(name), s.path(to)))
	return name + " to " + path.Base(to)
}

func (s *steps) touch() string {
	name := s.some(whichever)
	s.must(os.Chtimes(s.path(name), time.Time{}, time.Now()))
	return name
}

// checkOut keeps what was done on this branch and goes to the other.
func (s *steps) checkOut() string {
	s.once = false
	s.git("add", "-A")
	s.git("commit", "-q", "--allow-empty", "-m", "more")
	branch := of(s, []string{"main", "other"})
	s.git("checkout", "-q", branch)
	return branch
}

func (s *steps) discard() string {
	s.once = false
	s.git("checkout", "-q", "-f", "HEAD")
	return "all changes"
}

func (s *steps) stash() string {
	s.once = false
	before := s.git("stash", "list")
	s.git("stash", "push", "-q", "--include-untracked")
	if s.git("stash", "list") == before {
		return ""
	}
	s.git("stash", "pop", "-q")
	return "all changes"
}

// clean removes what git ignores, as for a fresh clone.
func (s *steps) clean() string {
	s.once = false
	s.git("clean", "-q", "-f", "-d", "-X", "--", ".", ":(exclude)web/node_modules")
	return "what git ignores, without packages"
}

func (s *steps) removeGenerated() string {
	name := of(s, []string{"app/gen", "app/gen/numbers_gen.go"})
	s.must(os.RemoveAll(s.path(name)))
	return name
}

func (s *steps) install() string {
	if !s.exists("app/web/node_modules") {
		return ""
	}
	s.once = false
	old := ""
	if _, err := os.Lstat(s.path("app/web/node_modules/dep")); err == nil {
		old = "dep"
	}
	linked := s.draw.IntN(2) == 0
	s.installDep(old, linked)
	return fmt.Sprintf("dep %d, linked %v", s.count, linked)
}

func (s *steps) relink() string {
	place := of(s, []string{"lib", "app/web/linked", "app/web/alias.ts"})
	target, err := os.Readlink(s.path(place))
	if err != nil {
		return ""
	}
	if strings.Contains(target, "one") {
		target = strings.Replace(target, "one", "two", 1)
	} else {
		target = strings.Replace(target, "two", "one", 1)
	}
	s.link(target, place)
	return place + " to " + target
}

var movable = []string{
	"app/parts", "app/parts/sub", "app/parts/data", "app/reg", "app/words", "app/web",
	"lib", "libs/one", "libs/two", "libs/one/kit", "libs/one/kit/sub", "libs/one/kit/data", "store/one", "store/two",
	"app/web/packages", "app/web/packages/one", "app/web/packages/two/src", "app/web/packages/one/parts",
	"app/web/pages", "app/web/pages/deep", "app/web/shapes", "app/web/linked",
	"app/web/node_modules", "app/web/node_modules/@ws", "app/web/node_modules/dep",
}

func (s *steps) present(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		_, err := os.Lstat(s.path(name))
		return err != nil || s.away[name] != ""
	})
}

func (s *steps) moveAway() string {
	there := s.present(movable)
	if len(there) == 0 || len(s.away) > 2 {
		return ""
	}
	name := of(s, there)
	s.count++
	s.away[name] = fmt.Sprintf("away-%d", s.count)
	s.must(os.Rename(s.path(name), s.path(s.away[name])))
	return name
}

func (s *steps) moveBack() string {
	if len(s.away) == 0 {
		return ""
	}
	name := of(s, slices.Sorted(maps.Keys(s.away)))
	if _, err := os.Lstat(s.path(name)); err == nil {
		s.once = false
		s.must(os.RemoveAll(s.path(name)))
	}
	s.must(os.MkdirAll(filepath.Dir(s.path(name)), 0o755))
	s.must(os.Rename(s.path(s.away[name]), s.path(name)))
	delete(s.away, name)
	return name
}

func (s *steps) flicker() string {
	there := s.present(movable)
	if len(there) == 0 {
		return ""
	}
	s.once = false
	name := of(s, there)
	s.must(os.Rename(s.path(name), s.path("away")))
	s.must(os.Rename(s.path("away"), s.path(name)))
	return name
}

// mend does one thing that a person would do about what is broken.
func (s *steps) mend() string {
	type repair struct {
		name string
		do   func()
	}
	var all []repair
	for range s.away {
		all = append(all, repair{"back ", func() { s.moveBack() }})
	}
	for _, name := range s.files() {
		if text := s.read(name); strings.Contains(text, "BROKEN") {
			all = append(all, repair{name, func() { s.save(name, text[:strings.Index(text, "\nBROKEN")], "by rename") }})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(skeleton)) {
		if _, err := os.Lstat(s.path(name)); err != nil {
			all = append(all, repair{name, func() { s.write(name, s.numbering(skeleton[name])) }})
		}
	}
	for _, place := range slices.Sorted(maps.Keys(bones)) {
		if _, err := os.Lstat(s.path(place)); err != nil {
			all = append(all, repair{place, func() { s.link(bones[place], place) }})
		}
	}
	if !s.exists("app/web/node_modules/dep/package.json") {
		all = append(all, repair{"install", func() { s.install() }})
	}
	if len(all) == 0 {
		s.t.Fatalf("nothing to mend in %+v", s.model())
	}
	r := of(s, all)
	r.do()
	return r.name
}
