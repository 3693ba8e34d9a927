namespace cermet::cli {
}
