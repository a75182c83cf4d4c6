// SPDX-License-Identifier: GPL-2.0-or-later

// An archive of a directory, by Go's archive/tar: packed OUT DIRECTORY [NAME=HEX]...; NAME is one file more.
package main

import (
	"archive/tar"
	"encoding/hex"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const key = "security.capability"

func try(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func give(header *tar.Header, value []byte) {
	header.Format = tar.FormatPAX
	header.PAXRecords = map[string]string{"SCHILY.xattr." + key: string(value)}
}

func add(out *tar.Writer, path, name string, info os.FileInfo) {
	target := ""
	if info.Mode()&os.ModeSymlink != 0 {
		target, _ = os.Readlink(path)
	}
	header, err := tar.FileInfoHeader(info, target)
	try(err)
	header.Name = name
	value := make([]byte, 64)
	if n, err := syscall.Getxattr(path, key, value); err == nil && info.Mode().IsRegular() {
		give(header, value[:n])
	}
	try(out.WriteHeader(header))
	if info.Mode().IsRegular() {
		file, err := os.Open(path)
		try(err)
		defer file.Close()
		_, err = io.Copy(out, file)
		try(err)
	}
}

func main() {
	file, err := os.Create(os.Args[1])
	try(err)
	out := tar.NewWriter(file)
	try(filepath.Walk(os.Args[2], func(path string, info os.FileInfo, err error) error {
		try(err)
		if path != os.Args[2] {
			add(out, path, strings.TrimPrefix(path, os.Args[2]+"/"), info)
		}
		return nil
	}))
	for _, word := range os.Args[3:] {
		name, digits, _ := strings.Cut(word, "=")
		value, err := hex.DecodeString(digits)
		try(err)
		header := &tar.Header{Name: name, Mode: 0755, Size: 5, Typeflag: tar.TypeReg}
		give(header, value)
		try(out.WriteHeader(header))
		_, err = out.Write([]byte("more\n"))
		try(err)
	}
	try(out.Close())
	try(file.Close())
}
