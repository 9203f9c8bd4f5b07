package problem

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Public returns the problem as a browser may see it: the names of files outside
// the project do not reveal where on the machine they are, and the number of
// repetitions becomes a note.
func (p Problem) Public() Problem {
	p.File = publicFile(p.File)
	p.Frames = slices.Clone(p.Frames)
	for i := range p.Frames {
		p.Frames[i].File = publicFile(p.Frames[i].File)
	}
	if p.Repeated > 1 {
		p.Notes = append(slices.Clone(p.Notes), fmt.Sprintf("repeated %d times", p.Repeated))
	}
	p.Repeated = 0
	return p
}

// Public does the same for several problems. It never returns nil, which JSON
// would show as null.
func Public(problems []Problem) []Problem {
	public := make([]Problem, len(problems))
	for i, p := range problems {
		public[i] = p.Public()
	}
	return public
}

// publicFile names a file of the project by its relative path, and any other by
// the end of its path.
func publicFile(file string) string {
	file = filepath.ToSlash(file)
	if !path.IsAbs(file) && !strings.Contains(file, ":/") {
		return file
	}
	for _, root := range []string{"/pkg/mod/", "/src/"} {
		if at := strings.LastIndex(file, root); at >= 0 {
			return file[at+len(root):]
		}
	}
	return path.Join(path.Base(path.Dir(file)), path.Base(file))
}
