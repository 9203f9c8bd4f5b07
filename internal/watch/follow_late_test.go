package watch

import (
	"os"
	"path/filepath"
	"testing"
)

// TestFollowBesideMoves: what is followed may be told anew at any moment, also
// between a link or a directory on the way being moved and its event. The move is
// reported nevertheless.
func TestFollowBesideMoves(t *testing.T) {
	t.Parallel()
	base := realTempDir(t)
	root := filepath.Join(base, "root")
	must(t, os.Mkdir(root, 0o777))
	writeAll(t, base, "versions/one/kit/a.go", "versions/one/b.go", "plain/c.go")
	link(t, "versions/one", filepath.Join(base, "lib"))
	f := watchingDir(t, Options{Roots: []string{root}})
	following := Following{
		Files: []string{filepath.Join(base, "lib/kit/a.go"), filepath.Join(base, "lib/b.go"), filepath.Join(base, "plain/c.go")},
		Dirs:  []string{filepath.Join(base, "lib/kit")},
		Globs: []Glob{{Dir: filepath.Join(base, "lib"), Pattern: "*.go"}},
	}
	f.w.Follow(following)
	for range 15 {
		for _, moved := range []string{"lib", "versions/one", "versions", "plain"} {
			place, away := filepath.Join(base, moved), filepath.Join(base, "away")
			for _, move := range [][2]string{{place, away}, {away, place}} {
				must(t, os.Rename(move[0], move[1]))
				f.w.Follow(following)
				if len(f.untilSettled()) == 0 {
					t.Fatalf("%s moved to %s: nothing was reported", move[0], move[1])
				}
			}
		}
	}
}

// TestIgnoredMemberMetByWalk: a new file of a followed set is reported, although
// git ignores it, also when a comparison of the tree meets it before its event.
func TestIgnoredMemberMetByWalk(t *testing.T) {
	t.Parallel()
	f := watching(t, func(dir string) {
		writeAll(t, dir, "pages/a.ts", "pages/old_gen.ts", "plain/a.go")
		write(t, filepath.Join(dir, ".gitignore"), "*_gen.*\n")
		must(t, os.Mkdir(filepath.Join(dir, ".git"), 0o755))
	})
	f.w.Follow(Following{
		Globs: []Glob{{Dir: f.dir, Pattern: "pages/**/*.ts"}},
		Dirs:  []string{f.path("plain")},
	})
	for _, name := range []string{"pages/b_gen.ts", "plain/b_gen.go"} {
		write(t, f.path(name), "new")
		f.w.rescan()
		if got := f.settled(); got[name] != Created {
			t.Errorf("%s was created, reported %v", name, got)
		}
	}
}
