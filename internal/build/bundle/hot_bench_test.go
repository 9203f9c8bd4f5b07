//go:build unix

package bundle

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"
)

// manyComponents is a program of React components, each of about 2 kB, that
// import one another.
func manyComponents(t testing.TB, n int) (dir string) {
	files := with(fakeReact(), map[string]string{
		"web/main.tsx": "import { createRoot } from 'react-dom'\nimport { Part0 } from './part0'\ncreateRoot(0).render(<Part0/>)\n",
	})
	for i := range n {
		files[fmt.Sprintf("web/part%d.tsx", i)] = component(i, n, 0)
	}
	return tree(t, files)
}

func component(i, n, version int) string {
	var text strings.Builder
	text.WriteString("import { useState, memo } from 'react'\n")
	var parts []string
	for child := 4*i + 1; child <= 4*i+4 && child < n; child++ {
		fmt.Fprintf(&text, "import { Part%d } from './part%[1]d'\n", child)
		parts = append(parts, fmt.Sprintf("<Part%d/>", child))
	}
	fmt.Fprintf(&text, "const Row%d = memo(({ text }: { text: string }) => <i className=\"row\">{text}</i>)\n", i)
	fmt.Fprintf(&text, "export function Part%d() {\n  const [count, setCount] = useState(%d)\n", i, version)
	for line := range 20 {
		fmt.Fprintf(&text, "  const value%d = count * %d + (count > %[2]d ? Math.max(count, %d) : Number('%[2]d'))\n", line, line+i, version)
	}
	fmt.Fprintf(&text, "  return <div onClick={() => setCount(count + 1)}>{value1}{value7}{value19}<Row%d text=\"%d\"/>%s</div>\n}\n", i, version, strings.Join(parts, ""))
	return text.String()
}

// BenchmarkHot sets the first build with hot updates beside one without them, and
// a patch of one module beside the build that follows it.
func BenchmarkHot(b *testing.B) {
	for _, modules := range []int{500, 3000} {
		dir := manyComponents(b, modules)
		for _, hot := range []bool{false, true} {
			b.Run(fmt.Sprintf("%d/first/hot=%v", modules, hot), func(b *testing.B) {
				var spent time.Duration
				var size, zipped int
				for b.Loop() {
					before := processorTime(b)
					web, err := New(Options{Dir: dir, EntryPoints: []string{"web/main.tsx"}, Hot: hot, SplitPackages: true})
					if err != nil {
						b.Fatal(err)
					}
					result := mustBuild(b, web)
					spent += processorTime(b) - before
					size, zipped = weigh(b, result.Outputs)
					web.Close()
				}
				b.ReportMetric(float64(spent.Microseconds())/1000/float64(b.N), "cpu-ms/op")
				b.ReportMetric(float64(size), "bytes")
				b.ReportMetric(float64(zipped), "bytes-gz")
			})
		}
		web := newBundler(b, Options{Dir: dir, EntryPoints: []string{"web/main.tsx"}, Hot: true, SplitPackages: true})
		mustBuild(b, web)
		version := 0
		save := func() string {
			version++
			return write(b, dir, "web/part7.tsx", component(7, modules, version))
		}
		b.Run(fmt.Sprintf("%d/patch", modules), func(b *testing.B) {
			benchmarkRebuilds(b, save, func(file string) {
				if patches, reason := web.Patch(context.Background(), []string{file}); len(patches) != 1 {
					b.Fatal(reason)
				}
			})
		})
		b.Run(fmt.Sprintf("%d/build", modules), func(b *testing.B) {
			benchmarkRebuilds(b, save, func(file string) { mustBuild(b, web, file) })
		})
		web.Close()
	}
}

// weigh returns the bytes of the scripts, plain and gzipped.
func weigh(b *testing.B, outputs Outputs) (size, zipped int) {
	for url, output := range outputs {
		if path.Ext(url) != ".js" {
			continue
		}
		var packed bytes.Buffer
		zip := gzip.NewWriter(&packed)
		if _, err := zip.Write(output.Contents); err != nil {
			b.Fatal(err)
		}
		if err := zip.Close(); err != nil {
			b.Fatal(err)
		}
		size, zipped = size+len(output.Contents), zipped+packed.Len()
	}
	return size, zipped
}
