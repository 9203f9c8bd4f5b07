package sourcemap

// segment is one mapping. All its numbers count from 0.
type segment struct {
	row, start           int // in the bundle
	mapped               bool
	source, line, column int // meaningless unless mapped
}

// walker decodes mappings one after the other. Each but the row is written as
// the difference to the one before.
type walker struct {
	rest []byte
	segment
}

func (w *walker) at() Position { return Position{Line: w.row + 1, Column: w.start + 1} }

// next moves to the next mapping. It reports false at the end, and at what is
// no mapping.
func (w *walker) next() bool {
	for len(w.rest) > 0 {
		switch w.rest[0] {
		case ';':
			w.row++
			w.start = 0
			w.rest = w.rest[1:]
		case ',':
			w.rest = w.rest[1:]
		default:
			return w.decode()
		}
	}
	return false
}

// decode reads a mapping of one, four or five numbers.
func (w *walker) decode() bool {
	var numbers [5]int
	n := 0
	for ; n < len(numbers) && len(w.rest) > 0 && w.rest[0] != ',' && w.rest[0] != ';'; n++ {
		number, ok := w.number()
		if !ok {
			return false
		}
		numbers[n] = number
	}
	w.start += numbers[0]
	w.mapped = n >= 4
	if w.mapped {
		w.source += numbers[1]
		w.line += numbers[2]
		w.column += numbers[3]
	}
	return n == 1 || n >= 4
}

// number reads a signed number in base 64, the lowest digit first; the sixth
// bit of a digit says that another follows, the lowest bit of all is the sign.
func (w *walker) number() (int, bool) {
	value := 0
	for shift := 0; shift < 32 && len(w.rest) > 0; shift += 5 {
		digit := digits[w.rest[0]]
		if digit < 0 {
			return 0, false
		}
		w.rest = w.rest[1:]
		value |= int(digit&31) << shift
		if digit&32 == 0 {
			if value&1 != 0 {
				return -(value >> 1), true
			}
			return value >> 1, true
		}
	}
	return 0, false
}

// digits is the value of each base64 digit, -1 for all other bytes.
var digits = func() (values [256]int8) {
	for i := range values {
		values[i] = -1
	}
	for i, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		values[c] = int8(i)
	}
	return values
}()
