package main

import (
	"fmt"
	"strings"
)

// generated is a project of files whose token is in package page.
func generated(name, title string, files map[string]string) project {
	return project{
		name: name, title: title, files: files, path: "/",
		save: oneFile("page/page.go", "package page\n\n// Token is in every response.\nconst Token = %q\n"),
	}
}

// smallFiles is a server that also starts what the given import provides.
func smallFiles(start string) map[string]string {
	imports, call := "", ""
	if start != "" {
		imports, call = fmt.Sprintf("\t%q\n", module+"/"+start), fmt.Sprintf("\t%s.Start(len(os.Args))\n", start)
	}
	return map[string]string{
		"go.mod":  "module " + module + "\n\ngo 1.24\n",
		"main.go": fmt.Sprintf(mainSource, imports, module+"/page", call),
	}
}

// cgoFiles is the same server with SQLite, a quarter of a million lines of C.
func cgoFiles() map[string]string {
	const sqlite, version = "github.com/mattn/go-sqlite3", "v1.14.32"
	files := smallFiles("store")
	files["go.mod"] += fmt.Sprintf("\nrequire %s %s\n", sqlite, version)
	files["go.sum"] = fmt.Sprintf("%[1]s %[2]s h1:JD12Ag3oLy1zQA+BNn74xRgaBbdhbNIDYvQUEuuErjs=\n"+
		"%[1]s %[2]s/go.mod h1:Uh1q+B4BYcTPb+yiD3kU8Ct7aC0hY9fxUwlHK0RXw+Y=\n", sqlite, version)
	files["store/store.go"] = fmt.Sprintf(storeSource, sqlite)
	return files
}

const storeSource = `package store

import (
	"database/sql"

	_ %q
)

// Start makes a table, as the first use of the database does.
func Start(n int) {
	db, err := sql.Open("sqlite3", ":memory:")
	if err == nil {
		_, err = db.Exec("CREATE TABLE pages (body TEXT)")
	}
	if err != nil {
		panic(err)
	}
}
`

const module = "example.com/edited"

const mainSource = `package main

import (
	"fmt"
	"log"
	"net/http"
	"os"

%s	%q
)

func main() {
%s	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, page.Token)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
`

// largeFiles is the same server with packages that import one another in
// layers, each with functions that the linker can neither drop nor merge.
func largeFiles(packages, functions int) map[string]string {
	files := smallFiles("parts")
	var imports, calls strings.Builder
	for n := range packages {
		files[fmt.Sprintf("parts/part%d/part.go", n)] = partSource(n, functions)
		fmt.Fprintf(&imports, "\t%q\n", fmt.Sprintf("%s/parts/part%d", module, n))
		fmt.Fprintf(&calls, "\tpart%d.Start(n)\n", n)
	}
	files["parts/parts.go"] = fmt.Sprintf("package parts\n\nimport (\n%s)\n\nfunc Start(n int) {\n%s}\n", &imports, &calls)
	return files
}

func partSource(n, functions int) string {
	var imports, calls, steps, table strings.Builder
	if n > 0 {
		below := (n - 1) / 2
		fmt.Fprintf(&imports, "\n\t%q\n", fmt.Sprintf("%s/parts/part%d", module, below))
		fmt.Fprintf(&calls, "\tif n < 0 {\n\t\tpart%d.Start(n)\n\t}\n", below)
	}
	for f := range functions {
		fmt.Fprintf(&steps, stepSource, f, n)
		fmt.Fprintf(&table, "\t(*record).step%d,\n", f)
	}
	return fmt.Sprintf(partTemplate, n, &imports, &steps, &table, &calls)
}

const partTemplate = `package part%d

import (
	"fmt"
	"strings"
%s)

type record struct {
	name  string
	count int
	tags  map[string][]string
}

%s
// steps is indexed at run time, which keeps every function alive.
var steps = []func(*record, string, int) error{
%s}

// Start does next to nothing, in a way no compiler sees through.
func Start(n int) {
%s	r := record{tags: map[string][]string{}}
	if err := steps[n%%len(steps)](&r, "start", n); err != nil {
		panic(err)
	}
}
`

// importers is the same server with ten packages that import the one that is
// edited.
func importers(name, title string, save func(int, string) map[string]string) project {
	const packages, functions = 10, 60
	files := smallFiles("parts")
	files["main.go"] = strings.Replace(files["main.go"], "page.Token)", "page.Token())", 1)
	var imports, calls strings.Builder
	for n := range packages {
		text := partSource(n, functions)
		if n > 0 { // one below another: here all are beside one another
			text = strings.Replace(text, fmt.Sprintf("%s/parts/part%d", module, (n-1)/2), module+"/page", 1)
			text = strings.Replace(text, fmt.Sprintf("part%d.Start(n)", (n-1)/2), "page.Token()", 1)
		} else {
			text = strings.Replace(text, "\"strings\"\n", "\"strings\"\n\n\t\""+module+"/page\"\n", 1)
			text = strings.Replace(text, "\tr := record{", "\tpage.Token()\n\tr := record{", 1)
		}
		files[fmt.Sprintf("parts/part%d/part.go", n)] = text
		fmt.Fprintf(&imports, "\t%q\n", fmt.Sprintf("%s/parts/part%d", module, n))
		fmt.Fprintf(&calls, "\tpart%d.Start(n)\n", n)
	}
	files["parts/parts.go"] = fmt.Sprintf("package parts\n\nimport (\n%s)\n\nfunc Start(n int) {\n%s}\n", &imports, &calls)
	return project{name: name, title: title, files: files, path: "/", save: save}
}

const tokenSource = `package page

var counted int

// Token is in every response.
//
//go:noinline
func Token(%s) string {
	counted++
	return %q
}
`

func saveBody(_ int, token string) map[string]string {
	return map[string]string{"page/page.go": fmt.Sprintf(tokenSource, "", token)}
}

func saveLine(n int, token string) map[string]string {
	text := fmt.Sprintf(tokenSource, "", token)
	return map[string]string{"page/page.go": strings.Replace(text, "\n\n", "\n"+strings.Repeat("\n", n+1), 1)}
}

func saveSignature(n int, token string) map[string]string {
	return map[string]string{"page/page.go": fmt.Sprintf(tokenSource, strings.Repeat("_ ...int", n%2), token)}
}

func saveFile(n int, token string) map[string]string {
	return map[string]string{fmt.Sprintf("page/page%d.go", n): fmt.Sprintf(tokenSource, "", token)}
}

const stepSource = `func (r *record) step%[1]d(in string, n int) error {
	switch {
	case strings.HasPrefix(in, "a%[1]d"):
		r.tags[in] = append(r.tags[in], fmt.Sprintf("%%s-%%d-%[2]d", in, n))
	case strings.Contains(in, "b%[2]d"):
		for i, field := range strings.Fields(in) {
			r.tags[field] = append(r.tags[field], strings.Repeat(field, i+%[1]d))
			r.count += len(field) * i
		}
	case n < -%[1]d:
		return fmt.Errorf("step %[1]d of part %[2]d: %%d of %%q", n, in)
	default:
		r.name = strings.ToUpper(in) + r.name
	}
	r.count += n
	return nil
}

`
