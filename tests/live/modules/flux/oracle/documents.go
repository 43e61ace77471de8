package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	stream "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// documents prints the YAML documents on stdin as an API server reads them: JSON, one a line.
func documents() error {
	reader := stream.NewYAMLReader(bufio.NewReader(os.Stdin))
	for {
		text, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		object, err := yaml.YAMLToJSON(text)
		if err != nil {
			return err
		}
		if !bytes.Equal(object, []byte("null")) {
			fmt.Println(string(object))
		}
	}
}
