package replay

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// workDir is what go build -n calls its directory for intermediate files.
const workDir = "$WORK"

// steps are the commands that make the program out of its packages.
type steps struct {
	units []unit // dependencies first
	link  command
	// linkConfig is the -importcfg of the linker.
	linkConfig importConfig
	// archives has the compiled form of each package, from the build cache.
	archives map[string]archive
}

// unit is how one package is compiled.
type unit struct {
	pkg     string
	compile command
	sources []string // absolute
	embeds  []string // embedded files, absolute
	embed   string   // the -embedcfg; "" without one
	imports importConfig
	// awkward says why replaying compile would not be enough; "" if it is.
	awkward string
}

// importConfig is an -importcfg: which packages are imported, and lines that do
// not change while the plan holds.
type importConfig struct {
	packages []string
	rest     []string
}

const packageFile = "packagefile "

// buildIDFlag gives the linker the build id of the program.
const buildIDFlag = "-buildid="

// parseImportConfig also returns the archive of each package.
func parseImportConfig(text string) (c importConfig, archives map[string]string) {
	archives = map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		rest, found := strings.CutPrefix(line, packageFile)
		if !found {
			c.rest = append(c.rest, line)
			continue
		}
		pkg, archive, _ := strings.Cut(rest, "=")
		c.packages = append(c.packages, pkg)
		archives[pkg] = archive
	}
	return c, archives
}

// text returns the file for the tools, given the archive of each package.
func (c importConfig) text(archives map[string]archive) string {
	var b strings.Builder
	for _, pkg := range c.packages {
		fmt.Fprintf(&b, "%s%s=%s\n", packageFile, pkg, archives[pkg].path)
	}
	for _, line := range c.rest {
		b.WriteString(line + "\n")
	}
	return b.String()
}

// makeSteps joins three answers of the go command: what it would do if nothing
// were compiled yet, what it would do now, and the packages, dependencies first.
func makeSteps(whole, now script, packages []listedPackage) (steps, error) {
	s := steps{}
	if err := s.linkFrom(now); err != nil {
		return steps{}, err
	}
	byPackage := map[string][]command{}
	for _, c := range whole.commands {
		if tool(c) == "link" {
			continue
		}
		byPackage[c.pkg] = append(byPackage[c.pkg], c)
	}
	for _, p := range packages {
		if p.ImportPath == "unsafe" {
			continue
		}
		if s.archives[p.ImportPath].path == "" {
			return steps{}, Declined(p.ImportPath + " has no archive in the build cache")
		}
		s.units = append(s.units, makeUnit(p, byPackage[p.ImportPath], whole.files))
	}
	return s, nil
}

// linkFrom takes the link from a script that must contain nothing else.
func (s *steps) linkFrom(now script) error {
	if len(now.commands) != 1 || tool(now.commands[0]) != "link" {
		return Declined(fmt.Sprintf("the build cache is not up to date: go build would run %d commands", len(now.commands)))
	}
	s.link = now.commands[0]
	args := s.link.argv
	const smallest = 6
	if len(args) < smallest || args[1] != "-o" || args[3] != "-importcfg" {
		return Declined("go build calls the linker in an unknown way")
	}
	var archives map[string]string
	s.linkConfig, archives = parseImportConfig(now.files[args[4]])
	s.archives = map[string]archive{}
	for pkg, path := range archives {
		s.archives[pkg] = archive{path, idOf(sha256.Sum256([]byte(path)))} // the cache names files by their content
	}
	for _, line := range s.linkConfig.rest {
		if !strings.HasPrefix(line, "modinfo ") {
			return Declined("the linker is told " + line)
		}
		if strings.Contains(line, `build\tvcs`) {
			return Declined("the program is stamped with the state of version control")
		}
	}
	for i, arg := range args[5:] {
		if strings.Contains(arg, workDir) && i+5 != len(args)-1 {
			return Declined("the linker needs " + arg)
		}
	}
	if s.archives[s.link.pkg].path != args[len(args)-1] {
		return Declined("the linker is not given the main package as it was compiled")
	}
	if !slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, buildIDFlag) }) {
		return Declined("the program has no build id")
	}
	return nil
}

func tool(c command) string { return strings.TrimSuffix(filepath.Base(c.argv[0]), ".exe") }

// compilerFiles are the flags of the compiler that name files of the work
// directory and are replaced by ours.
var compilerFiles = []string{"-o", "-trimpath", "-importcfg", "-embedcfg"}

func makeUnit(p listedPackage, commands []command, files map[string]string) unit {
	u := unit{pkg: p.ImportPath}
	for _, name := range p.compiled() {
		u.sources = append(u.sources, filepath.Join(p.Dir, name))
	}
	for _, name := range p.EmbedFiles {
		u.embeds = append(u.embeds, filepath.Join(p.Dir, filepath.FromSlash(name)))
	}
	if len(commands) != 1 || tool(commands[0]) != "compile" {
		u.awkward = "needs more than the compiler"
		u.imports.packages = p.imports()
		return u
	}
	u.compile = commands[0]
	args := u.compile.argv
	config, found := flagValue(args, "-importcfg")
	flags := args[1:max(1, len(args)-len(u.sources))]
	switch {
	case len(args) <= len(u.sources) || !slices.Equal(args[len(args)-len(u.sources):], u.sources):
		u.awkward = "is not compiled from the files that go list names"
	case !found || files[config] == "", !slices.Contains(flags, "-pack"):
		u.awkward = "is compiled in an unknown way"
	case usesWork(flags):
		u.awkward = "is compiled with files that other steps make"
	}
	u.imports, _ = parseImportConfig(files[config])
	if config, found := flagValue(args, "-embedcfg"); found {
		if u.embed = files[config]; u.embed == "" {
			u.awkward = "is compiled in an unknown way"
		}
	}
	return u
}

// usesWork reports whether any but the flags that we replace names a file in the
// work directory.
func usesWork(flags []string) bool {
	for i, arg := range flags {
		if strings.Contains(arg, workDir) && (i == 0 || !slices.Contains(compilerFiles, flags[i-1])) {
			return true
		}
	}
	return false
}

// flagValue returns the argument after a flag.
func flagValue(args []string, flag string) (string, bool) {
	i := slices.Index(args, flag)
	if i < 0 || i+1 >= len(args) {
		return "", false
	}
	return args[i+1], true
}

// withFlag returns args with another argument after a flag.
func withFlag(args []string, flag, value string) []string {
	args = slices.Clone(args)
	if i := slices.Index(args, flag); i >= 0 {
		args[i+1] = value
	}
	return args
}

// importers returns the packages that import any of pkgs, directly or not, and
// pkgs themselves, dependencies first.
func (s *steps) importers(pkgs map[string]bool) []unit {
	reached := map[string]bool{}
	var found []unit
	for _, u := range s.units {
		if pkgs[u.pkg] || slices.ContainsFunc(u.imports.packages, func(p string) bool { return reached[p] }) {
			reached[u.pkg] = true
			found = append(found, u)
		}
	}
	return found
}
