package generate

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLocate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"page.templ", "db/query.sql", "src/app.scss", "x.proto", "schema.py", "with blank/a.ts", "(group)/p.ts", "[id]/q.ts", "tailwind.css"} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ output, want string }{
		{"db/query.sql:3:7: no such table", "db/query.sql 3:7 no such table"},
		{"# package \ndb/query.sql:3: no such table\n", "db/query.sql 3:0 no such table"},
		{"x.proto:5:1:syntax error", "x.proto 5:1 syntax error"},
		{dir + "/page.templ:9:5: expected a tag", "page.templ 9:5 expected a tag"},
		{"generation failed: unexpected end in page.templ:9:5", "page.templ 9:5 generation failed: unexpected end"},
		{"(✗) Error [ error=expected a tag at page.templ:9:5 ]", "page.templ 9:5 (✗) Error [ error=expected a tag"},
		{"time=12:03:04 level=ERROR msg=\"parse failed\" file=page.templ:9:5", "page.templ 9:5 time=12:03:04 level=ERROR msg=\"parse failed\""},
		{"\x1b[31m✘\x1b[0m \x1b[1mpage.templ\x1b[22m:\x1b[33m9\x1b[0m:5 - error: bad", "page.templ 9:5 error: bad"},
		{"src/app.scss(3,7): error TS1005: ';' expected.", "src/app.scss 3:7 error TS1005: ';' expected."},
		{"src/app.scss(3): bad", "src/app.scss 3:0 bad"},
		{"error: expected expression\n  --> src/app.scss:3:7\n   |", "src/app.scss 3:7 error: expected expression"},
		{"Error: expected \"{\".\n  ╷\n3 │ body\n  ╵\n  src/app.scss 3:7  root stylesheet", "src/app.scss 3:7 root stylesheet"},
		{"  File \"schema.py\", line 3\n    def\nSyntaxError: invalid syntax", "schema.py 3:0 "},
		{"page.templ parsing error: div: expected end tag: line 9, col 5", "page.templ 9:5 parsing error: div: expected end tag"},
		{"(✗) Error [ error=failed to generate code for \"" + dir + "/page.templ\": " + dir + "/page.templ parsing error: <p>: close tag not found: line 6, col 1 ]", "page.templ 6:1 parsing error: <p>: close tag not found"},
		{"\"with blank/a.ts\": unexpected token, line 3, column 7", "with blank/a.ts 3:7 unexpected token"},
		{"Error on line 3 of src/app.scss", "src/app.scss 3:0 "},
		{"at parse (src/app.scss:3:7)", "src/app.scss 3:7 at parse"},
		{"(group)/p.ts:3:7: bad", "(group)/p.ts 3:7 bad"},
		{"[id]/q.ts:3:7: bad", "[id]/q.ts 3:7 bad"},
		{"[page.templ:9:5] bad", "page.templ 9:5 bad"},
		{"CssSyntaxError: tailwindcss: " + dir + "/tailwind.css:3:1: Unknown word", "tailwind.css 3:1 Unknown word"},
		{"gone.sql:1:1: bad\npage.templ:2:1: worse", "page.templ 2:1 worse"},
		{"listening on 127.0.0.1:8080, took 1.5s:3", ""},
		{"gone.sql:1:1: bad", ""},
		{"", ""},
	} {
		p, ok := locate(strings.ReplaceAll(tt.output, "\n", "\r\n"), dir)
		got := ""
		if ok {
			rel, _ := filepath.Rel(dir, p.file)
			got = fmt.Sprintf("%s %d:%d %s", filepath.ToSlash(rel), p.line, p.column, p.text)
		}
		if got != tt.want && !(strings.HasSuffix(tt.want, " ") && strings.HasPrefix(got, tt.want)) {
			t.Errorf("locate(%q) = %q, want %q", tt.output, got, tt.want)
		}
	}
}
