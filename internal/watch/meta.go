package watch

import (
	"io/fs"
	"os"
	"time"
)

// racyWindow is how old a modification time must be before equal size and time
// prove equal content: clocks of filesystems tick as slowly as every 2 s.
const racyWindow = 2 * time.Second

// fileID tells files apart by device and inode; zero where the system has none.
type fileID struct{ device, inode uint64 }

// meta is what can be known of a file without reading it.
type meta struct {
	size  int64
	mtime int64 // nanoseconds since 1970
	ctime int64 // when the inode changed, likewise; 0 where the system has none
	id    fileID
	dir   bool
	link  bool // a symbolic link, whose content is its target
	// twins says that the file has further names, which change with it and of
	// which no event tells.
	twins bool
}

// same reports whether nothing speaks for a change of content. The ctime does not
// count: chmod and a further name change it, too.
func (m meta) same(o meta) bool {
	o.twins, o.ctime = m.twins, m.ctime
	return m == o
}

// racy reports whether the file was written so shortly before now that a later
// write might leave its metadata as they are.
func (m meta) racy(now time.Time) bool {
	age := now.UnixNano() - m.mtime
	return age < int64(racyWindow) && age > -int64(time.Hour)
}

// writtenAfter reports whether the file was written, renamed or copied to its place
// after the instant at. When the two are too close to tell, it was.
func (m meta) writtenAfter(at time.Time) bool {
	const tick = 20 * time.Millisecond // of the kernel's clock for files, and more
	last := max(m.mtime, m.ctime)
	if last%int64(time.Second) == 0 {
		return last+int64(racyWindow) > at.UnixNano() // the filesystem keeps no fractions
	}
	return last+int64(tick) > at.UnixNano()
}

// metaOf returns false for what is neither file, link nor directory.
func metaOf(info fs.FileInfo) (meta, bool) {
	m := meta{size: info.Size(), mtime: info.ModTime().UnixNano(), ctime: statusTime(info), id: idOf(info)}
	switch mode := info.Mode(); {
	case mode.IsDir():
		m.dir, m.size = true, 0
	case mode&fs.ModeSymlink != 0:
		m.link = true
	case !mode.IsRegular():
		return meta{}, false
	default:
		m.twins = linksOf(info) > 1
	}
	return m, true
}

// lstat returns false for what does not exist or cannot be watched.
func lstat(path string) (meta, bool) {
	info, err := os.Lstat(path)
	if err != nil {
		return meta{}, false
	}
	return metaOf(info)
}
