package watch

import (
	"io/fs"
	"os"
	"time"
)

// doubtWindow is how old a modification time must be before equal size and time
// prove equal content. Some filesystems' clocks tick only every 2 s.
const doubtWindow = 2 * time.Second

// fileID identifies a file by device and inode; zero where the system has
// neither.
type fileID struct{ device, inode uint64 }

// meta is what can be known about a file without reading it.
type meta struct {
	size  int64
	mtime int64 // nanoseconds since 1970
	ctime int64 // when the inode changed, likewise; 0 where the system has none
	id    fileID
	dir   bool
	link  bool // a symbolic link, whose content is its target
	// twins says that the file has other names, which change with it but raise no
	// events.
	twins bool
}

// same reports whether nothing suggests a change of content. The ctime does not
// count, because chmod and new names change it too.
func (m meta) same(o meta) bool {
	o.twins, o.ctime = m.twins, m.ctime
	return m == o
}

// doubtful reports whether the file was written so shortly before now that
// another write might leave its metadata unchanged.
func (m meta) doubtful(now time.Time) bool {
	age := now.UnixNano() - m.mtime
	return age < int64(doubtWindow) && age > -int64(time.Hour)
}

// writtenAfter reports whether the file was written, renamed or copied to its
// place after at. If the times are too close to tell, it returns true.
func (m meta) writtenAfter(at time.Time) bool {
	const tick = 20 * time.Millisecond // of the kernel's clock for files, and more
	last := max(m.mtime, m.ctime)
	if last%int64(time.Second) == 0 {
		return last+int64(doubtWindow) > at.UnixNano() // the filesystem keeps no fractions
	}
	return last+int64(tick) > at.UnixNano()
}

// metaOf returns false for anything but a file, a link or a directory.
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

// lstat returns false for anything that does not exist or cannot be watched.
func lstat(path string) (meta, bool) {
	info, err := os.Lstat(path)
	if err != nil {
		return meta{}, false
	}
	return metaOf(info)
}
