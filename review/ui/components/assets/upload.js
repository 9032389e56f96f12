// Sends one file to our own checked route, as the plain body: nothing between the browser and the server's memory keeps it.
export default function ({ data, parentElement, setTriggerValue }) {
  const box = parentElement.querySelector('.up');
  const declared = box.querySelector('#declared'), drop = box.querySelector('.drop'), input = box.querySelector('#file');
  const say = box.querySelector('.say'), bar = box.querySelector('progress');
  box.querySelector('.limit').textContent = `单个文件不超过 ${data.megabytes} MB`;

  const tell = (text, isBad = false) => { say.textContent = text; say.className = 'say' + (isBad ? ' bad' : ''); };
  const rest = () => { bar.hidden = true; input.value = ''; drop.disabled = !declared.checked; };

  function send(file) {
    if (!declared.checked) { tell('请先勾选确认：所传文件不涉密。', true); return; }
    if (file.size > data.megabytes * 1024 * 1024) { tell(`文件超过 ${data.megabytes} MB 的上限，没有上传。请拆分后再上传。`, true); return; }
    if (!file.size) { tell('文件是空的，没有上传。请确认选的是正确的文件。', true); return; }
    const request = new XMLHttpRequest();
    request.open('POST', data.url);
    request.setRequestHeader('X-Review-Name', encodeURIComponent(file.name));
    request.setRequestHeader('X-Review-Declared', 'yes');
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.upload.onprogress = event => { bar.value = event.loaded / event.total; };
    request.onerror = () => { rest(); tell('上传没有完成：连接中断。请检查网络后重试。', true); };
    request.onload = () => {
      rest();
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* said below */ }
      if (request.status === 200) setTriggerValue('laid', answer.id);
      else tell(answer.message || '上传没有完成，请重试。', true);
    };
    bar.hidden = false; bar.value = 0; drop.disabled = true;
    tell('正在上传…');
    request.send(file);
  }

  declared.onchange = rest;
  drop.onclick = () => input.click();
  input.onchange = () => { if (input.files.length) send(input.files[0]); };
  drop.ondragover = event => { event.preventDefault(); drop.classList.add('over'); };
  drop.ondragleave = () => drop.classList.remove('over');
  drop.ondrop = event => {
    event.preventDefault(); drop.classList.remove('over');
    if (event.dataTransfer.files.length > 1) tell('一次检查一个文件。多个附件请打成压缩包，或分次上传。', true);
    else if (event.dataTransfer.files.length) send(event.dataTransfer.files[0]);
  };
}
