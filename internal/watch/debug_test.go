package watch

import "fmt"

func (o *oracle) dump() {
	o.w.do(func() {
		t := o.w.tree
		for p, d := range t.dirs {
			id := t.byID[d.id]
			m, ok := lstat(p)
			fmt.Printf("DUMP %s watched=%v whole=%v files=%d dirs=%d id=%v byID=%s disk=%v %v\n", p, d.watched, d.whole, len(d.files), len(d.dirs), d.id, id, ok, m.id)
		}
		fmt.Println("DUMP homes", t.followed.homes)
	})
}
