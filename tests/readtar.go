// SPDX-License-Identifier: GPL-2.0-or-later

// What Go's archive/tar makes of archives: one line an entry,
// FIXTURE, type flag, PATH, the value in PAXRecords, the value in Xattrs; then a line "=" with how it ended.
package main

import (
	"archive/tar"
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

const key = "security.capability"

func shown(value string, found bool) string {
	switch {
	case !found:
		return "-"
	case value == "":
		return "empty"
	}
	return fmt.Sprintf("%x", value)
}

func entries(name string, out io.Writer) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	fixture := strings.TrimSuffix(filepath.Base(name), ".tar")
	reader := tar.NewReader(file)
	for {
		header, err := reader.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		record, inRecords := header.PAXRecords["SCHILY.xattr."+key]
		xattr, inXattrs := header.Xattrs[key]
		fmt.Fprintf(out, "%s\t%x\t%x\t%s\t%s\n", fixture, header.Typeflag, header.Name,
			shown(record, inRecords), shown(xattr, inXattrs))
		// What unpacks also reads bodies: a link's is none.
		if _, err := io.Copy(io.Discard, io.LimitReader(reader, 1<<20)); err != nil {
			return err
		}
	}
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for _, name := range os.Args[1:] {
		status := "0"
		if err := entries(name, out); err != nil {
			status = err.Error()
		}
		fmt.Fprintf(out, "%s\t=\t%s\n", strings.TrimSuffix(filepath.Base(name), ".tar"), status)
	}
}
